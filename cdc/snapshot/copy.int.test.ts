import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, waitUntil, type RowDataPacket } from '../../shared/index.ts';
import { forgetStream } from '../apply/bookkeeping.ts';
import type { NamedPoint } from '../apply/apply.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import type { Stream } from '../stream/stream.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';
import { readPasses } from './copy-progress.ts';

const child = fileURLToPath(new URL('../testing/copy-child.ts', import.meta.url));
const SMALL = { cycleMs: 10, chunkRows: 50 };
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.reset();
  await world.onTarget.query('TRUNCATE banyan.copy_progress');
});
afterAll(() => world.close());

async function seed(orders: number): Promise<void> {
  const values = Array.from({ length: orders }, (_, i) => `(${10 * (i + 1)}, 'seed-${i + 1}', ${i % 90}.10)`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code, amount) VALUES ${values.join(',')}`);
  await world.onSource.query('INSERT INTO shop.lines SELECT id, 1, id % 9 FROM shop.orders');
}

/** Everything a copy may meet: new rows, changes, deletes, and rows whose key moves across the whole table. */
async function keepWriting(signal: AbortSignal, orders: number): Promise<void> {
  const writer = await openConnection(world.source.url(), { multipleStatements: true });
  const anyId = (n: number): number => 10 * (1 + ((n * 7919) % orders));
  for (let i = 0; !signal.aborted; i++) {
    const far = anyId(i) + 10 * orders;
    await writer.query(
      `START TRANSACTION;
       INSERT IGNORE INTO shop.orders (id, code) VALUES (${anyId(i) + 1 + (i % 5)}, 'new-${i}');
       UPDATE shop.orders SET note = 'seen ${i}', deleted = ${i % 2} WHERE id BETWEEN ${anyId(i + 1)} AND ${anyId(i + 1) + 25};
       UPDATE IGNORE shop.orders SET id = ${far} WHERE id = ${anyId(i)};
       UPDATE IGNORE shop.orders SET id = ${anyId(i + 3) + 9} WHERE id = ${anyId(i - 40) + 10 * orders};
       UPDATE IGNORE shop.lines SET order_id = order_id + ${i % 2 === 0 ? 500_000 : -500_000} WHERE order_id BETWEEN ${anyId(i + 2) + (i % 2) * 500_000} AND ${anyId(i + 2) + (i % 2) * 500_000 + 9};
       DELETE FROM shop.orders WHERE id = ${anyId(i + 4)};
       COMMIT`,
    );
  }
  writer.destroy();
}

async function underWrites(orders: number, work: () => Promise<void>): Promise<void> {
  const writing = new AbortController();
  const writer = keepWriting(writing.signal, orders);
  try {
    await work();
  } finally {
    writing.abort();
    await writer;
  }
}

async function runUntilKilled(point: NamedPoint, hits: number): Promise<NodeJS.Signals | null> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const run = spawn(process.execPath, [...flags, child, world.source.url(), world.target.url(), point, String(hits)], {
    stdio: 'ignore',
  });
  const timer = setTimeout(() => run.kill('SIGTERM'), 20_000);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => run.once('exit', (_, s) => resolve(s)));
  clearTimeout(timer);
  return signal;
}

async function copied(options: Partial<StreamOptions> = {}): Promise<Stream> {
  const stream = world.forward({ copy: SMALL, ...options });
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

/** Starts a copy and stops it, in good order, once some chunks are committed. */
async function stoppedAfter(chunks: number): Promise<void> {
  let left = chunks;
  const reached = Promise.withResolvers<void>();
  const at = (point: NamedPoint): void => {
    if (point === 'snapshot:chunk' && --left === 0) reached.resolve();
  };
  const stream = world.forward({ copy: { ...SMALL, writers: 1 }, throttle: { rowsPerS: 2000 }, at });
  await stream.start();
  await reached.promise;
  await stream.stop();
}

async function expectSame(stream: Stream): Promise<void> {
  expect(await caughtUp(stream, world.onSource)).toBe(true);
  expect(await world.verify(stream)).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
}

async function committedRows(): Promise<number> {
  const passes = await readPasses(world.onTarget, 'shop-forward');
  return passes.reduce((sum, pass) => sum + pass.rows, 0);
}

describe('a copy in cycles', () => {
  it('invariant 5: gives the mapping of the source while rows come, change, move and go', async () => {
    await seed(1500);
    let cycles = 0;
    let stream: Stream | undefined;
    await underWrites(1500, async () => {
      stream = world.forward({ copy: SMALL, at: (point) => void (point === 'snapshot:cycle' && (cycles += 1)) });
      await stream.start();
      // What is there so far must not be taken for a copy.
      expect(stream.watermark().size).toBe(0);
      await stream.whenStreaming();
    });
    expect(cycles).toBeGreaterThan(3);
    await expectSame(stream as Stream);
  });

  const points: readonly (readonly [NamedPoint, number])[] = [
    ['snapshot:started', 1],
    ['snapshot:chunk', 1],
    ['snapshot:chunk', 9],
    ['snapshot:cycle', 1],
    ['snapshot:cycle', 3],
    ['apply:before-commit', 1],
    ['apply:committed', 2],
    ['snapshot:finished', 1],
  ];
  it.each(points)('invariants 4 and 5: killed at %s (pass %d), goes on where it was', async (point, hits) => {
    await seed(800);
    let stream: Stream | undefined;
    await underWrites(800, async () => {
      expect(await runUntilKilled(point, hits)).toBe('SIGKILL');
      const before = await committedRows();
      if (point !== 'snapshot:finished') await runUntilKilled('snapshot:chunk', 3); // A whole copy copies no more.
      expect(await committedRows()).toBeGreaterThanOrEqual(before);
      stream = await copied();
    });
    await expectSame(stream as Stream);
  });

  it('does not write the chunks again that were committed before a stop', async () => {
    await seed(1000);
    await stoppedAfter(6);
    const before = await committedRows();
    expect(before).toBeGreaterThanOrEqual(300);
    await world.onTarget.query('UPDATE store.item SET quantity = 77 WHERE order_id = 10');
    const rows: number[] = [];
    const stream = await copied({ onProgress: (progress) => rows.push(progress.rows) });
    expect(Math.min(...rows.filter((count) => count > 0))).toBeGreaterThanOrEqual(before);
    expect(await committedRows()).toBe(2000);
    const [[item]] = await world.onTarget.query<RowDataPacket[]>('SELECT quantity FROM store.item WHERE order_id = 10');
    expect(item?.['quantity']).toBe(77);
    expect(await world.verify(stream)).toMatchObject({ wrong: 1 });
  });

  it('starts over when the stream was forgotten or the mapping has another meaning', async () => {
    await seed(400);
    for (const change of [() => forgetStream(world.onTarget, 'shop-forward'), () => Promise.resolve()]) {
      await stoppedAfter(3);
      await world.onTarget.query('UPDATE store.item SET quantity = 77');
      await change();
      await expectSame(await copied({ mappingVersion: 2 }));
      await world.onTarget.query(
        "UPDATE banyan.stream_position SET state='snapshotting', position='', mapping_version=1",
      );
    }
  });

  it('writes parts once their rows are there, also those that came before', async () => {
    await world.onTarget.query(
      `INSERT INTO store.purchase SELECT seq, CONCAT('c', seq), NULL, 'open', '2026-01-01' FROM store.seq_1_to_600;
       INSERT INTO store.price SELECT seq, seq FROM store.seq_1_to_600`,
    );
    const stream = world.backward({ snapshot: true, copy: SMALL });
    await stream.start();
    for (let i = 1; i <= 50; i++)
      await world.onTarget.query(
        `UPDATE store.price SET cents = cents + 10000 WHERE purchase_id = ${i * 12};
         UPDATE store.purchase SET id = id + 5000 WHERE id = ${i * 11}; UPDATE store.price SET purchase_id = purchase_id + 5000 WHERE purchase_id = ${i * 11}`,
      );
    await stream.whenStreaming();
    expect(await caughtUp(stream, world.onTarget)).toBe(true);
    expect(await world.verify(stream, 'reverse')).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
  });

  it('goes on from another view when the connections to the source are cut', async () => {
    await seed(1000);
    let chunks = 0;
    const cut = async (): Promise<void> => {
      const [list] = await world.onSource.query<RowDataPacket[]>(
        'SELECT id FROM information_schema.PROCESSLIST WHERE id <> CONNECTION_ID()',
      );
      for (const { id } of list) await world.onSource.query(`KILL ${id as number}`).catch(() => undefined);
    };
    const at = (point: NamedPoint): Promise<void> | undefined =>
      point === 'snapshot:chunk' && ++chunks % 10 === 0 && chunks <= 30 ? cut() : undefined;
    const stream = await copied({ copy: { cycleMs: 60_000, chunkRows: 50 }, throttle: { rowsPerS: 5000 }, at });
    await expectSame(stream);
    expect(chunks).toBeGreaterThanOrEqual(40);
  });

  it('stops in front of a changed table and starts over with the next mapping version', async () => {
    await seed(400);
    let isChanged = false;
    const at = async (point: NamedPoint): Promise<void> => {
      if (point !== 'snapshot:cycle' || isChanged) return;
      isChanged = true;
      const admin = await openConnection(world.source.url());
      const altered = admin.query('ALTER TABLE shop.orders ADD COLUMN extra INT NULL');
      void altered.then(() => admin.destroy());
    };
    const stream = world.forward({ copy: SMALL, at });
    await stream.start();
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    expect(stream.state()).toMatchObject({ error: { code: 'CDC_SCHEMA_CHANGED' } });
    await stream.stop();
    await expectSame(await copied({ mappingVersion: 2 }));
    await world.onSource.query('ALTER TABLE shop.orders DROP COLUMN extra');
  });

  it('waits while it is told to, and says for what', async () => {
    await seed(200);
    const reasons = ['replica 12 s late', undefined];
    const seen = new Set<string | undefined>();
    const stream = await copied({
      throttle: { targetBusy: async () => reasons.shift(), sourceThreads: 1000 },
      onProgress: ({ waitsFor }) => seen.add(waitsFor),
    });
    expect(seen).toContain('throttled: replica 12 s late');
    await expectSame(stream);
  });
});
