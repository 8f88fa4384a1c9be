import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil, type RowDataPacket } from '../../shared/index.ts';
import { readStreamRecord } from './bookkeeping.ts';
import { covers } from '../position.ts';
import { productFlags } from '../../test/support/index.ts';
import { headOf, startWorld, type World } from '../testing/world.ts';

const ROWS = 500_000;
const child = fileURLToPath(new URL('../testing/crash-child.ts', import.meta.url));
let world: World;

beforeAll(async () => {
  world = await startWorld();
  const stream = world.forward();
  await stream.start();
  await stream.whenStreaming();
  await stream.stop();
  await world.onSource.query(
    `INSERT INTO shop.orders (id, code, amount, note)
     SELECT seq, CONCAT('bulk-', seq), seq % 900, REPEAT('n', 60) FROM shop.seq_1_to_${ROWS}`,
  );
}, 120_000);
afterAll(() => world.close());

function startApplier(...crash: readonly string[]): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', ...productFlags()];
  const args = [...flags, child, world.source.url(), world.target.url(), ...crash];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}

async function sums(): Promise<unknown> {
  const [rows] = await world.onTarget.query<RowDataPacket[]>(
    `SELECT (SELECT COUNT(*) FROM store.purchase) AS purchases, (SELECT SUM(id) FROM store.purchase) AS ids,
       (SELECT COUNT(*) FROM store.price) AS prices, (SELECT SUM(cents) FROM store.price) AS cents`,
  );
  return rows[0];
}

/** The largest a process has been so far, in MiB. */
async function peakMb({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

describe(`a transaction of ${ROWS} rows`, () => {
  it('invariant 4: killed in its middle, leaves nothing of it', async () => {
    const applier = startApplier('apply:piece', '20');
    expect(await once(applier, 'exit')).toEqual([null, 'SIGKILL']);
    expect(await sums()).toMatchObject({ purchases: '0', prices: '0' });
  }, 120_000);

  it('is applied whole by the next start, within 300 MiB', async () => {
    const applier = startApplier('never');
    const head = await headOf(world.onSource);
    let peak = 0;
    const arrived = async (): Promise<boolean> => {
      peak = Math.max(peak, await peakMb(applier));
      const record = await readStreamRecord(world.onTarget, 'shop-forward');
      return record !== undefined && covers(record.position, head);
    };
    expect(await waitUntil(arrived, { budgetMs: 200_000, everyMs: 100 })).toBe(true);
    applier.kill('SIGKILL');
    const cents = Array.from({ length: ROWS }, (_, i) => ((i + 1) % 900) * 100).reduce((a, b) => a + b, 0);
    const ids = (ROWS * (ROWS + 1)) / 2;
    expect(await sums()).toEqual({ purchases: `${ROWS}`, ids: `${ids}`, prices: `${ROWS}`, cents: `${cents}` });
    expect(peak).toBeGreaterThan(30);
    expect(peak).toBeLessThan(300);
  }, 240_000);
});
