import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../../../shared/index.ts';
import {
  startConnect,
  startKafka,
  startMariaDb,
  type Connect,
  type Kafka,
  type MariaDb,
} from '../../../stack/index.ts';
import { installBookkeeping } from '../../apply/bookkeeping.ts';
import type { SourceTransaction } from '../../change-event.ts';
import type { ChangeSource } from '../../change-source.ts';
import { changeTopic, topicAdvice } from '../../connector/change-topic.ts';
import { debeziumConnector } from '../../connector/debezium-connector.ts';
import { advance, covers, type Position } from '../../position.ts';
import { withConnection } from '../../tables/connect.ts';
import { readHead } from '../head-reader.ts';
import { createKafkaChangeSource } from './kafka-change-source.ts';
import { followed } from './testing/followed.ts';

const unit = { schema: 'house', tables: ['ledger'] } as const;
const LARGE = 20_000;

let kafka: Kafka;
let source: MariaDb;

beforeAll(async () => {
  [kafka, source] = await Promise.all([startKafka(), startMariaDb()]);
  await source.sql('CREATE DATABASE house; CREATE TABLE house.ledger (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT)');
  await withConnection(source.url(), installBookkeeping);
}, 240_000);
afterAll(() => Promise.all([kafka?.stop(), source?.stop()]));

interface World {
  readonly connectorName: string;
  readonly connect: Connect;
  readonly changes: ChangeSource;
  readonly from: Position;
}

async function startWorld(name: string, exactlyOnce: boolean): Promise<World> {
  const settings = exactlyOnce ? {} : { 'exactly.once.source.support': 'disabled' };
  const storage = Object.fromEntries(
    ['config', 'offset', 'status'].map((kind) => [`${kind}.storage.topic`, `${name}-${kind}`]),
  );
  const options = { bootstrap: kafka.bootstrap, settings: { ...settings, ...storage, 'group.id': name } };
  const connect = await startConnect(options);
  const facts = { unit: name, direction: 'forward', mode: 'ordered', kind: 'mariadb', ...unit } as const;
  for (const advice of topicAdvice(facts)) await kafka.createTopic(advice.topic, advice);
  const { bootstrap } = kafka;
  const connector = debeziumConnector({ ...facts, databaseUrl: source.url(), bootstrap, exactlyOnce });
  await connect.createConnector(connector.name, connector.config);
  const topic = changeTopic(name, 'forward');
  await followed(kafka, source, topic);
  const from = { brokers: [bootstrap], mode: 'ordered', topic, databaseUrl: source.url(), log: silentLog } as const;
  const changes = createKafkaChangeSource({ ...from, ...unit, pieceBytes: 50_000 });
  return { connectorName: connector.name, connect, changes, from: await withConnection(source.url(), readHead) };
}

/** Small transactions all the time, until told to stop. */
function startWriter(): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    while (!stopping.signal.aborted) await source.sql("INSERT INTO ledger (note) VALUES ('small'), ('small')", 'house');
  };
  const running = write();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function idsAtSource(from: readonly number[]): Promise<number[]> {
  const rows = await source.sql('SELECT id FROM house.ledger ORDER BY id');
  const before = new Set(from);
  return rows.map((row) => Number(row['id'])).filter((id) => !before.has(id));
}

/** Kills Connect when a part of a large transaction has been read, and lets it go on; returns all that was read. */
async function readThroughCrash({ connectorName, connect, changes, from }: World): Promise<SourceTransaction[]> {
  const writer = startWriter();
  await source.sql(`INSERT INTO ledger (note) SELECT REPEAT('x', 200) FROM seq_1_to_${LARGE}`, 'house');
  const controller = new AbortController();
  const found: SourceTransaction[] = [];
  let reached = from;
  const reading = (async () => {
    for await (const some of changes.read({ position: from }, controller.signal)) {
      found.push(...some);
      for (const { gtid, continues } of some) if (!continues) reached = advance(reached, gtid);
    }
  })();
  expect(await waitUntil(() => found.some(({ continues }) => continues), { budgetMs: 60_000 })).toBe(true);
  await connect.kill();
  await connect.start();
  await writer.stop();
  const end = await withConnection(source.url(), readHead);
  await waitUntil(() => covers(reached, end), { budgetMs: 90_000 });
  const connector = await connect.status(connectorName);
  controller.abort();
  await reading;
  await changes.close();
  expect({ isThere: covers(reached, end), reached, end, connector }).toMatchObject({ isThere: true });
  return found;
}

describe('Connect killed inside a large transaction while a writer goes on', () => {
  it('E13 loses nothing and doubles nothing when it delivers exactly once', async () => {
    const before = await idsAtSource([]);
    const world = await startWorld('once', true);
    const found = await readThroughCrash(world);
    await world.connect.stop();
    const ids = found.flatMap(({ changes }) => changes.map(({ after }) => Number(after?.['id'])));
    expect(ids.toSorted((a, b) => a - b)).toEqual(await idsAtSource(before));
  }, 300_000);

  it('E13 loses nothing when it delivers at least once, and repeats only inside that transaction, in order', async () => {
    const before = await idsAtSource([]);
    const world = await startWorld('least', false);
    const found = await readThroughCrash(world);
    await world.connect.stop();
    const bySequence = Map.groupBy(found, ({ gtid }) => gtid.sequence);
    const ids: number[] = [];
    for (const pieces of bySequence.values()) {
      const all = pieces.flatMap(({ changes }) => changes.map(({ after }) => Number(after?.['id'])));
      if (pieces.length === 1) expect(new Set(all).size).toBe(all.length);
      ids.push(...new Set(all));
    }
    expect(ids.toSorted((a, b) => a - b)).toEqual(await idsAtSource(before));
  }, 300_000);
});
