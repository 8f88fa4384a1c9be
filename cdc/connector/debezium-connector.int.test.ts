import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import kafkajs from 'kafkajs';
import { waitUntil } from '../../shared/index.ts';
import { startConnect, startKafka, startMariaDb, type Connect, type Kafka, type MariaDb } from '../../stack/index.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import { withConnection } from '../tables/connect.ts';
import { changeTopic, topicAdvice } from './change-topic.ts';
import { debeziumConnector, type DebeziumConnectorFacts } from './debezium-connector.ts';
import { maskPassword, passwordVariable } from './mask-password.ts';

// Two JVMs that start beside other tests on two cores take most of a minute.
jest.setTimeout(180_000);

const SECRET = 'p@ss word';
const TOPIC = changeTopic('shop', 'forward');

let kafka: Kafka;
let connect: Connect;
let source: MariaDb;
let facts: DebeziumConnectorFacts;

beforeAll(async () => {
  [source, kafka] = await Promise.all([startMariaDb(), startKafka()]);
  connect = await startConnect({ bootstrap: kafka.bootstrap, env: { [passwordVariable(TOPIC)]: SECRET } });
  await source.sql(`
    CREATE DATABASE shop; USE shop;
    CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, total DECIMAL(20,4) NULL DEFAULT 1.5, at TIME(6));
    CREATE TABLE items (id INT PRIMARY KEY, note TEXT);
    CREATE TABLE other (id INT PRIMARY KEY);
    CREATE USER banyan IDENTIFIED BY '${SECRET}';
    GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON shop.* TO banyan;
    GRANT ALL ON banyan.* TO banyan;
    GRANT REPLICATION SLAVE, BINLOG MONITOR, BINLOG REPLAY ON *.* TO banyan`);
  await withConnection(source.url(), installBookkeeping);
  facts = {
    unit: 'shop',
    direction: 'forward',
    kind: 'mariadb',
    databaseUrl: source.url('banyan', SECRET),
    schema: 'shop',
    tables: ['orders', 'items'],
    bootstrap: kafka.bootstrap,
    mode: 'ordered',
  };
  for (const { topic, partitions, config } of topicAdvice(facts))
    await kafka.createTopic(topic, { partitions, config });
});
afterAll(() => Promise.all([connect, kafka, source].map((server) => server?.stop())));

describe('the connector of a unit on real Debezium', () => {
  it('brings rows, transactions and schema changes into one topic, in the order of the log', async () => {
    await connect.createConnector(TOPIC, maskPassword(debeziumConnector(facts)).config);
    await followed();
    await source.sql(
      `
      BEGIN;
      INSERT INTO orders VALUES (18446744073709551615, NULL, '-838:59:59.000001');
      INSERT INTO items VALUES (1, 'a');
      UPDATE items SET id = 2 WHERE id = 1;
      COMMIT;
      INSERT INTO other VALUES (1);
      ALTER TABLE items ADD extra INT;
      DELETE FROM items;
      TRUNCATE orders;
      REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('shop', 'forward', 'last', NOW(3))`,
      'shop',
    );
    expect(await recordsBetween('follow', 'last')).toEqual([
      'BEGIN',
      'c orders',
      'c items',
      'd items',
      'c items',
      'END 4',
      'BEGIN',
      'END 0',
      'BEGIN',
      'ddl ALTER TABLE items ADD extra INT',
      'BEGIN',
      'd items',
      'END 1',
      'BEGIN',
      't orders',
      'BEGIN',
    ]);
  });

  it('keeps values that its defaults would lose: null beside a default, 64 unsigned bits, a time below zero', async () => {
    const values = (await records()).map(({ value }) => value);
    const order = values.find(({ payload }) => payload.op === 'c' && payload.source?.table === 'orders');
    expect(order?.payload.after).toEqual({ id: 'AP//////////', total: null, at: -3020399000001 });
  });

  it('goes on by itself after the source was killed', async () => {
    await source.kill();
    await source.start();
    await source.sql(
      "REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('shop', 'f', 'back', NOW(3))",
    );
    const isBack = async (): Promise<boolean> => (await records()).some(({ value }) => tokenOf(value) === 'back');
    expect(await waitUntil(isBack, { budgetMs: 50_000, everyMs: 500 })).toBe(true);
  });
});

interface Message {
  readonly payload: {
    readonly op?: string;
    readonly ddl?: string;
    readonly status?: string;
    readonly event_count?: number;
    readonly after?: Readonly<Record<string, unknown>> | null;
    readonly source?: { readonly table: string };
  };
}

/** Writes until the connector has taken its place in the log. */
async function followed(): Promise<void> {
  const isFollowing = async (): Promise<boolean> => {
    await source.sql(
      "REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('shop', 'forward', 'follow', NOW(3))",
    );
    return (await records()).some(({ value }) => tokenOf(value) === 'follow');
  };
  expect(await waitUntil(isFollowing, { budgetMs: 40_000, everyMs: 300 })).toBe(true);
}

async function recordsBetween(first: string, last: string): Promise<string[]> {
  let values: Message[] = [];
  const isThere = async (): Promise<boolean> => {
    values = (await records()).map(({ value }) => value);
    return values.some((value) => tokenOf(value) === last);
  };
  expect(await waitUntil(isThere, { budgetMs: 20_000, everyMs: 100 })).toBe(true);
  const from = values.findLastIndex((value) => tokenOf(value) === first);
  const to = values.findIndex((value) => tokenOf(value) === last);
  return values.slice(from + 2, to).map(summarize);
}

function tokenOf({ payload }: Message): unknown {
  return payload.after?.['token'];
}

function summarize({ payload }: Message): string {
  if (payload.status === 'END') return `END ${payload.event_count}`;
  if (payload.status !== undefined) return payload.status;
  return payload.ddl === undefined ? `${payload.op} ${payload.source?.table}` : `ddl ${payload.ddl}`;
}

/** The whole topic, read once to its end. */
async function records(): Promise<{ value: Message }[]> {
  const client = new kafkajs.Kafka({ brokers: [kafka.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const [end] = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  return end?.high === '0' ? [] : readUntil(client, Number(end?.high) - 1);
}

/** The last offset may be a transaction marker, which is not delivered: the batch says how far it reaches. */
async function readUntil(client: kafkajs.Kafka, offset: number): Promise<{ value: Message }[]> {
  const found: { value: Message }[] = [];
  const consumer = client.consumer({ groupId: `reader-${Math.random()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload): Promise<void> => {
      for (const { value } of batch.messages) found.push({ value: JSON.parse(String(value)) as Message });
      if (Number(batch.lastOffset()) >= offset - 1) resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}
