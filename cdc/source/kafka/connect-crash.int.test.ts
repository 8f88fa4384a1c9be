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

interface WorkerSettings {
  readonly exactlyOnce: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

async function startWorld(name: string, { exactlyOnce, ...more }: WorkerSettings): Promise<World> {
  const support = exactlyOnce ? {} : { 'exactly.once.source.support': 'disabled' };
  const storage = Object.fromEntries(
    ['config', 'offset', 'status'].map((kind) => [`${kind}.storage.topic`, `${name}-${kind}`]),
  );
  const options = {
    bootstrap: kafka.bootstrap,
    settings: { ...support, ...more.settings, ...storage, 'group.id': name },
  };
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

/**
 * A connector that delivers at least once is killed only when the worker has stored a place in the log for it: before
 * that it would begin anew, which leaves a hole.
 */
async function storedPlace({ connect, connectorName }: World): Promise<void> {
  const isStored = async (): Promise<boolean> => {
    const place = await connect.storedPlace(connectorName);
    return place !== undefined && !('snapshot' in place);
  };
  expect(await waitUntil(isStored, { budgetMs: 60_000 })).toBe(true);
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

/** A reader that waits for a connector writes rows of its own, into another table. */
function idsOf({ changes }: SourceTransaction): number[] {
  return changes.filter(({ table }) => table === 'ledger').map(({ after }) => Number(after?.['id']));
}

async function idsAtSource(from: readonly number[]): Promise<number[]> {
  const rows = await source.sql('SELECT id FROM house.ledger ORDER BY id');
  const before = new Set(from);
  return rows.map((row) => Number(row['id'])).filter((id) => !before.has(id));
}

/** Reads until it is stopped or fails. */
class Reader {
  readonly found: SourceTransaction[] = [];
  reached: Position;
  error: unknown;
  private readonly controller = new AbortController();
  private readonly running: Promise<void>;

  constructor({ changes, from }: World) {
    this.reached = from;
    this.running = this.read(changes).catch((error: unknown) => void (this.error = error));
  }

  /** False when that did not come in time, or the reading has failed. */
  async until(isThere: () => boolean, budgetMs: number): Promise<boolean> {
    await waitUntil(() => this.error !== undefined || isThere(), { budgetMs });
    return this.error === undefined && isThere();
  }

  async stop(): Promise<void> {
    this.controller.abort();
    await this.running;
  }

  private async read(changes: ChangeSource): Promise<void> {
    for await (const some of changes.read({ position: this.reached }, this.controller.signal)) {
      this.found.push(...some);
      for (const { gtid, continues } of some) if (!continues) this.reached = advance(this.reached, gtid);
    }
  }
}

const head = (): Promise<Position> => withConnection(source.url(), readHead);

/** Kills Connect when a part of a large transaction has been read, and lets it go on; returns all that was read. */
async function readThroughCrash(world: World): Promise<SourceTransaction[]> {
  const { connectorName, connect } = world;
  const writer = startWriter();
  await source.sql(`INSERT INTO ledger (note) SELECT REPEAT('x', 200) FROM seq_1_to_${LARGE}`, 'house');
  const reader = new Reader(world);
  expect(await reader.until(() => reader.found.some(({ continues }) => continues), 60_000)).toBe(true);
  await connect.kill();
  await connect.start();
  await writer.stop();
  const end = await head();
  const isThere = await reader.until(() => covers(reader.reached, end), 90_000);
  const connector = await connect.status(connectorName);
  await reader.stop();
  const { reached, error } = reader;
  expect({ isThere, reached, end, error, connector }).toMatchObject({ isThere: true });
  return reader.found;
}

async function inWorld<T>(starting: Promise<World>, work: (world: World) => Promise<T>): Promise<T> {
  const world = await starting;
  try {
    return await work(world);
  } finally {
    await world.changes.close();
    await world.connect.stop();
  }
}

describe('Connect killed inside a large transaction while a writer goes on', () => {
  it('E13 loses nothing and doubles nothing when it delivers exactly once', async () => {
    const before = await idsAtSource([]);
    const found = await inWorld(startWorld('once', { exactlyOnce: true }), readThroughCrash);
    const ids = found.flatMap(idsOf);
    expect(ids.toSorted((a, b) => a - b)).toEqual(await idsAtSource(before));
  }, 300_000);

  it('E13 loses nothing when it delivers at least once, and repeats only inside that transaction, in order', async () => {
    const before = await idsAtSource([]);
    const found = await inWorld(startWorld('least', { exactlyOnce: false }), async (world) => {
      await storedPlace(world);
      return readThroughCrash(world);
    });
    const bySequence = Map.groupBy(found, ({ gtid }) => gtid.sequence);
    const ids: number[] = [];
    for (const pieces of bySequence.values()) {
      const all = pieces.flatMap(idsOf);
      if (pieces.length === 1) expect(new Set(all).size).toBe(all.length);
      ids.push(...new Set(all));
    }
    expect(ids.toSorted((a, b) => a - b)).toEqual(await idsAtSource(before));
  }, 300_000);
});

it('E24 names the hole when Connect is killed before it has stored any place, although nobody writes any more', async () => {
  const neverStored = { exactlyOnce: false, settings: { 'offset.flush.interval.ms': '3600000' } };
  const error = await inWorld(startWorld('anew', neverStored), async (world) => {
    const reader = new Reader(world);
    await source.sql("INSERT INTO ledger (note) VALUES ('seen')", 'house');
    const seen = await head();
    expect(await reader.until(() => covers(reader.reached, seen), 60_000)).toBe(true);
    await world.connect.kill();
    await source.sql("INSERT INTO ledger (note) VALUES ('in no topic')", 'house');
    await world.connect.start();
    expect(await reader.until(() => false, 60_000)).toBe(false);
    await reader.stop();
    return reader.error;
  });
  expect(error).toMatchObject({ code: 'CDC_POSITION_LOST', fix: expect.stringContaining('begun anew') });
}, 300_000);
