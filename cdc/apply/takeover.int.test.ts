import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil, type RowDataPacket } from '../../shared/index.ts';
import type { NamedPoint } from './apply.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';

const child = fileURLToPath(new URL('../testing/crash-child.ts', import.meta.url));
let world: World;
let first: ChildProcess | undefined;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  first?.kill('SIGKILL');
  await world.reset();
});
afterAll(() => world.close());

/** An applier in a process of its own, which stops (as in a debugger, or a suspended machine) at a named point. */
async function startThatStops(point: NamedPoint): Promise<ChildProcess> {
  const args = [child, world.source.url(), world.target.url(), point, '1', 'SIGSTOP'];
  const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  first = started;
  return started;
}

async function isStopped({ pid }: ChildProcess): Promise<boolean> {
  return /^State:\s*T/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
}

async function copyOf(): Promise<string> {
  const [rows] = await world.onTarget.query<RowDataPacket[]>('CHECKSUM TABLE store.purchase, store.price, store.item');
  return JSON.stringify(rows);
}

describe('two appliers of one stream', () => {
  it.each(['apply:begin', 'apply:sent', 'apply:before-commit', 'apply:committed'] as const)(
    'invariant 2: one that was stopped at %s and wakes up later changes nothing',
    async (point) => {
      await (
        await (async () => {
          const stream = world.forward();
          await stream.start();
          await stream.whenStreaming();
          return stream;
        })()
      ).stop();
      await world.onSource.query("INSERT INTO shop.orders (id, code, amount) VALUES (1, 'first', 1.10), (2, 'x', 2)");
      const loser = await startThatStops(point);
      expect(await waitUntil(() => isStopped(loser), { budgetMs: 20_000, everyMs: 20 })).toBe(true);
      await world.onSource.query("UPDATE shop.orders SET code = 'second' WHERE id = 1");
      const taker = world.forward();
      await taker.start();
      await taker.whenStreaming();
      await world.onSource.query('DELETE FROM shop.orders WHERE id = 2');
      expect(await caughtUp(taker, world.onSource)).toBe(true);
      const before = await copyOf();
      const said = once(loser.stdout as NodeJS.ReadableStream, 'data') as Promise<[Buffer]>;
      loser.kill('SIGCONT');
      expect(String((await said)[0])).toBe('CDC_STREAM_TAKEN');
      expect(await copyOf()).toBe(before);
      expect(await world.verify(taker)).toMatchObject({ wrong: 0, missing: 0, extra: 0, rows: 2 });
      expect(taker.state().kind).toBe('streaming');
    },
  );
});
