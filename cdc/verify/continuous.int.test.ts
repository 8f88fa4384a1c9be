import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { StreamOptions } from '../stream/stream-options.ts';
import { waitUntil } from '../../shared/index.ts';
import type { Stream } from '../stream/stream.ts';
import { startWorld, type World } from '../testing/world.ts';
import type { Verification } from './verification.ts';
import { verifyContinuously, type ContinuousOptions } from './verify-continuously.ts';

let world: World;
let stream: Stream;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.onTarget.query('DROP TABLE IF EXISTS banyan.verification_run');
  await world.reset();
});
afterAll(() => world.close());

async function filled(options: Partial<StreamOptions> = {}): Promise<void> {
  const values = Array.from({ length: 300 }, (_, i) => `(${i + 1}, 'code ${i + 1}', ${i}.50, 'note é')`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code, amount, note) VALUES ${values.join(',')}`);
  await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 1), (1, 2, 2)');
  stream = world.forward(options);
  await stream.start();
  await stream.whenStreaming();
}

function options(more: Partial<ContinuousOptions> = {}): ContinuousOptions {
  return { ...world.verifyOptions(stream), stream, pageRows: 50, passes: 1, ...more };
}

/** Holds every batch back for so long, as a slow network or target would. */
function lagging(ms: number): Partial<StreamOptions> {
  return { at: (point) => (point === 'apply:begin' ? sleep(ms) : undefined) };
}

async function whileWriting<T>(orders: number, work: () => Promise<T>): Promise<T> {
  const writing = new AbortController();
  const writer = world.keepWriting(writing.signal, orders);
  try {
    return await work();
  } finally {
    writing.abort();
    await writer;
  }
}

describe('verifyContinuously', () => {
  it('finds nothing where nothing is wrong, and says how much it saw', async () => {
    await filled();
    const result = await verifyContinuously(options());
    expect(result).toMatchObject({ mode: 'continuous', wrong: 0, notVerified: 0, coverage: 100, rows: 602 });
    expect(result.counts).toEqual({
      source: { orders: 300, lines: 2 },
      target: { purchase: 300, price: 300, item: 2 },
    });
  });

  it('invariant 5: finds rows that differ, are missing or too many, each once', async () => {
    await filled();
    await world.onTarget.query(
      `UPDATE store.purchase SET note = 'note e' WHERE id IN (10, 290); DELETE FROM store.price WHERE purchase_id = 20;
       UPDATE store.price SET purchase_id = 999 WHERE purchase_id = 30; INSERT INTO store.item VALUES (9, 9, 9)`,
    );
    const result = await verifyContinuously(options({ passes: 3 }));
    expect(result).toMatchObject({ wrong: 6, missing: 2, extra: 2, notVerified: 0 });
    const text = JSON.stringify(result.findings);
    expect(text).toContain('text(6)');
    expect(text).not.toContain('note e');
  });

  it('invariant 5: finds a damaged row among rows in flight, and no other', async () => {
    await filled(lagging(100));
    await world.onTarget.query("UPDATE store.purchase SET note = 'x' WHERE id IN (280, 290)");
    const result = await whileWriting(200, () => verifyContinuously(options({ passes: 2 })));
    expect(result.findings.map(({ kind, key }) => `${kind} ${key['id']}`).toSorted()).toEqual([
      'different 280',
      'different 290',
    ]);
  });

  it('invariant 5: calls no row wrong while a writer runs and the stream is five seconds late', async () => {
    await filled(lagging(5_000));
    const results: Verification[] = [];
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 25_000);
    const onResult = async (result: Verification): Promise<void> => void results.push(result);
    const last = await whileWriting(300, () =>
      verifyContinuously(options({ passes: 100, signal: stopping.signal, onResult })),
    );
    expect([...results, last].map(({ wrong }) => wrong)).toEqual([...results, last].map(() => 0));
    expect(last.rows).toBeGreaterThan(0);
  }, 120_000);

  it('leaves a row out that changes at every look, neither right nor wrong', async () => {
    await filled(lagging(250));
    const stopping = new AbortController();
    let updates = 0;
    const hot = (async () => {
      for (; !stopping.signal.aborted; updates++)
        await world.onSource.query(`UPDATE shop.orders SET note = 'n${updates}' WHERE id = 7`);
    })();
    await waitUntil(() => updates > 0, { budgetMs: 20_000 }); // It must be wrong at the first look.
    const result = await verifyContinuously(options());
    stopping.abort();
    await hot;
    expect(result).toMatchObject({ wrong: 0, notVerified: 1 });
    expect(result.unverified).toEqual([{ table: 'orders', key: { id: '7' }, reason: 'hot' }]);
  });

  it('leaves rows out that the stream does not get to in time', async () => {
    await filled(lagging(2_000));
    await world.onSource.query("UPDATE shop.orders SET note = 'late' WHERE id = 7");
    const result = await verifyContinuously(options({ settleBudgetMs: 50 }));
    expect(result).toMatchObject({ wrong: 0, notVerified: 1, unverified: [{ key: { id: '7' }, reason: 'late' }] });
  });

  it('forgets a finding once the row is right again', async () => {
    await filled();
    await world.onTarget.query("UPDATE store.purchase SET note = 'x' WHERE id = 10");
    const wrong: number[] = [];
    await verifyContinuously(
      options({
        passes: 2,
        onResult: async (result) => {
          wrong.push(result.wrong);
          await world.onTarget.query("UPDATE store.purchase SET note = 'note é' WHERE id = 10");
        },
      }),
    );
    expect(wrong).toEqual([1, 0]);
  });

  it('tells what it covered when it is interrupted, and goes on there', async () => {
    await filled();
    const run = { name: 'shop-forward', mappingVersion: 1 };
    const stopping = new AbortController();
    const onProgress = ({ rows }: { rows: number }): void => (rows >= 200 ? stopping.abort() : undefined);
    const first = await verifyContinuously(options({ run, onProgress, signal: stopping.signal }));
    expect(first.coverage).toBeLessThan(50);
    const seen: number[] = [];
    const second = await verifyContinuously(
      options({ run: { ...run, resume: true }, onProgress: ({ rows }) => seen.push(rows) }),
    );
    expect(seen[0]).toBeGreaterThan(200);
    expect(second).toMatchObject({ resumed: true, coverage: 100, wrong: 0 });
    expect(second.oldestAgeMs).toBeGreaterThan(second.ms);
  });
});
