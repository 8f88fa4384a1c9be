import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil, type RowDataPacket } from '../../shared/index.ts';
import type { NamedPoint } from './apply.ts';
import type { Stream } from '../stream/stream.ts';
import { startProxy, type Proxy } from '../testing/proxy.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';

const child = fileURLToPath(new URL('../testing/crash-child.ts', import.meta.url));
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

/** Writes until stopped; gives the codes of the orders that were acknowledged and not deleted afterwards. */
async function keepWriting(signal: AbortSignal): Promise<Set<string>> {
  const alive = new Set<string>();
  for (let i = 0; !signal.aborted; i++) {
    const id = 100_000 + i;
    await world.onSource.query(
      `START TRANSACTION;
       INSERT INTO shop.orders (id, code, amount) VALUES (${id}, 'token-${id}', ${i % 90}.10);
       INSERT INTO shop.lines VALUES (${id}, 1, 1), (${id}, 2, ${i % 9});
       UPDATE shop.orders SET note = 'seen ${i}' WHERE id = ${100_000 + Math.floor(i / 2)};
       COMMIT`,
    );
    alive.add(`token-${id}`);
    if (i % 5 !== 4) continue;
    await world.onSource.query(`DELETE FROM shop.orders WHERE id = ${id - 2}`);
    alive.delete(`token-${id - 2}`);
  }
  return alive;
}

/** Runs the stream in a process of its own until it kills itself. */
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

async function seed(): Promise<void> {
  const values = Array.from({ length: 7000 }, (_, i) => `(${i + 1}, 'seed-${i + 1}')`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code) VALUES ${values.join(',')}`);
}

async function expectExactCopy(stream: Stream, alive: ReadonlySet<string>): Promise<void> {
  expect(await caughtUp(stream, world.onSource)).toBe(true);
  expect(await world.verify(stream)).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
  const [rows] = await world.onTarget.query<RowDataPacket[]>(
    "SELECT code FROM store.purchase WHERE code LIKE 'token-%' ORDER BY code",
  );
  expect(rows.map((row) => row['code'] as string)).toEqual([...alive].toSorted());
}

const points: readonly (readonly [NamedPoint, number])[] = [
  ['snapshot:started', 1],
  ['snapshot:chunk', 1],
  ['snapshot:chunk', 4],
  ['snapshot:finished', 1],
  ['stream:resumed', 1],
  ['apply:begin', 3],
  ['apply:sent', 1],
  ['apply:sent', 5],
  ['apply:before-commit', 1],
  ['apply:before-commit', 7],
  ['apply:committed', 1],
  ['apply:committed', 6],
];

describe('a stream that is killed', () => {
  it.each(points)('invariants 3 and 4: at %s (pass %d) loses and doubles nothing', async (point, hits) => {
    await seed();
    const writing = new AbortController();
    const writer = keepWriting(writing.signal);
    expect(await runUntilKilled(point, hits)).toBe('SIGKILL');
    expect(await runUntilKilled('apply:before-commit', 2)).toBe('SIGKILL');
    const stream = world.forward();
    await stream.start();
    await stream.whenStreaming();
    writing.abort();
    await expectExactCopy(stream, await writer);
  });
});

describe('a stream whose connection breaks', () => {
  let proxy: Proxy;

  beforeAll(async () => {
    proxy = await startProxy(world.target.port);
  });
  afterAll(() => proxy.close());

  it.each([
    ['cut before the answer came', 'COMMIT', 'cutAfter'],
    ['cut before the answer came', 'START TRANSACTION', 'cutAfter'],
    ['cut before the answer came', 'INSERT INTO `store`', 'cutAfter'],
    ['cut in the middle of the packet', 'START TRANSACTION', 'cutWithin'],
    ['cut in the middle of the statement', 'INSERT INTO `store`', 'cutWithin'],
    ['cut in the middle of the statement', 'UPDATE banyan.stream_position SET position', 'cutWithin'],
  ] as const)('invariant 3: %s (%s, %s), loses and doubles nothing', async (_, text, cut) => {
    await seed();
    const targetUrl = world.target.url().replace(String(world.target.port), String(proxy.port));
    const stream = world.forward({ targetUrl, batch: { changes: 50, bytes: 20_000 } });
    await stream.start();
    await stream.whenStreaming();
    const writing = new AbortController();
    const writer = keepWriting(writing.signal);
    for (let i = 0; i < 5; i++) {
      const before = proxy.cuts();
      proxy[cut](text);
      expect(await waitUntil(() => proxy.cuts() > before, { budgetMs: 10_000 })).toBe(true);
    }
    writing.abort();
    await expectExactCopy(stream, await writer);
  });

  it('invariant 3: when the servers themselves are killed, loses and doubles nothing', async () => {
    const stream = world.forward();
    await stream.start();
    await stream.whenStreaming();
    const writing = new AbortController();
    const writer = keepWriting(writing.signal);
    await world.target.kill();
    await world.target.start();
    await world.reconnect('target');
    writing.abort();
    const alive = await writer;
    await world.source.kill();
    await world.source.start();
    await world.reconnect('source');
    await expectExactCopy(stream, alive);
  });
});
