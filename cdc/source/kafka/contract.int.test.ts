import { afterAll, beforeAll } from '@jest/globals';
import { silentLog } from '../../../shared/index.ts';
import {
  startConnect,
  startKafka,
  startMariaDb,
  type Connect,
  type Kafka,
  type MariaDbOptions,
} from '../../../stack/index.ts';
import { changeTopic, perTableTopics, topicAdvice, type TopicMode } from '../../connector/change-topic.ts';
import { debeziumConnector } from '../../connector/debezium-connector.ts';

import { describeChangeSource, type SourceHarness, type SourceOptions } from '../change-source.contract.ts';
import { createKafkaChangeSource } from './kafka-change-source.ts';
import { followed } from './testing/followed.ts';

let kafka: Kafka;
let connect: Connect;

beforeAll(async () => {
  kafka = await startKafka();
  connect = await startConnect({ bootstrap: kafka.bootstrap });
}, 240_000);
afterAll(() => Promise.all([connect?.stop(), kafka?.stop()]));

const zeroDate = 'Debezium says NULL for a zero or partial date in a nullable column';
const limits = {
  DATE: { why: zeroDate, values: ['1000-01-01', '9999-12-31', null, null] },
  DATETIME: { why: zeroDate, values: ['9999-12-31 23:59:59', null, '2026-03-29 02:30:00'] },
  'DATETIME(3)': { why: zeroDate, values: ['2026-01-02 03:04:05.006', null] },
  'VARCHAR(20) CHARACTER SET latin1': {
    why: 'Debezium reads latin1 as windows-1252, which leaves five bytes undefined; such a row is unreadable',
    values: ['€ é ÿ', 'no row'],
  },
};

interface HarnessOptions {
  readonly unit: string;
  readonly mode?: TopicMode;
  readonly withSchemas?: boolean;
  readonly server?: MariaDbOptions;
}

async function startHarness(options: HarnessOptions): Promise<SourceHarness> {
  const { unit, mode = 'ordered', withSchemas = true } = options;
  const server = await startMariaDb(options.server);
  const name = changeTopic(unit, 'forward');
  const shape = (tables: SourceOptions) =>
    mode === 'ordered'
      ? ({ mode, topic: name } as const)
      : ({ mode, topics: perTableTopics({ unit, direction: 'forward', ...tables }) } as const);
  return {
    server,
    createSource(tables) {
      const from = { brokers: [kafka.bootstrap], databaseUrl: server.url(), log: silentLog };
      return createKafkaChangeSource({ ...from, ...tables, ...shape(tables) });
    },
    limits,
    ...(mode === 'per-table' && { noPieces: 'it is put together in memory' }),
    async follow({ schema, tables }) {
      const facts = { unit, direction: 'forward', mode, kind: 'mariadb', schema, tables } as const;
      for (const advice of topicAdvice(facts)) await kafka.createTopic(advice.topic, advice);
      const bootstrap = kafka.bootstrap;
      const connector = debeziumConnector({ ...facts, databaseUrl: server.url(), bootstrap, withSchemas });
      await connect.createConnector(connector.name, connector.config);
      await followed(kafka, server, mode === 'ordered' ? name : `${name}.transaction`);
    },
    async close() {
      await connect.deleteConnector(name);
      await server.stop();
    },
  };
}

describeChangeSource('Kafka with Debezium on MariaDB', () => startHarness({ unit: 'ten' }));
describeChangeSource('Kafka with Debezium on MariaDB, without schemas', () =>
  startHarness({ unit: 'bare', withSchemas: false }),
);
describeChangeSource('Kafka with Debezium on MariaDB, a topic per table', () =>
  startHarness({ unit: 'tables', mode: 'per-table' }),
);
describeChangeSource('Kafka with Debezium on MariaDB 11.4, whose row events carry no position', () =>
  startHarness({ unit: 'eleven', server: { way: 'maven' } }),
);
