import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { binlogOnly, changeSources } from '../../cli/index.ts';
import type { NamedPoint } from '../../cdc/index.ts';
import { LiveUnit, loadUnits } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { silentLog } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { runProgram } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

const points: readonly NamedPoint[] = [
  'snapshot:started',
  'snapshot:chunk',
  'snapshot:finished',
  'stream:resumed',
  'apply:begin',
  'apply:sent',
  'apply:before-commit',
  'apply:committed',
];

let world: World;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 3_000 } });
  traffic = createTraffic({ baseUrl: world.legacyUrl, users: { from: 11, count: 40 }, requestsPerSecond: 150 });
  await traffic.start();
}, 600_000);

afterAll(async () => {
  await traffic.stop();
  await world.stop();
});

async function killedAt(point: NamedPoint, hit: number): Promise<void> {
  const env = { ...world.env, CRASH_AT: point, CRASH_HIT: String(hit) };
  const { exitCode, output } = await runProgram({ args: ['test/support/stream-main.ts'], env });
  if (exitCode !== -1) throw new Error(`the stream ended with ${exitCode} instead of dying at ${point}: ${output}`);
}

describe('the applier killed -9 while users write', () => {
  it.each(points)('invariant 4: dies at %s and leaves a state the next start goes on from', async (point) => {
    await killedAt(point, 1);
    if (point.startsWith('apply:')) await killedAt(point, 3);
  });

  it('invariants 3 and 4: after all kills both sides are equal and every acknowledged write is there once', async () => {
    const [unit] = await loadUnits('migrations', { ...process.env, ...world.env });
    if (!unit) throw new Error('no unit');
    const legacyDatabaseUrl = world.env['LEGACY_DATABASE_URL'] ?? '';
    const createSource = changeSources(binlogOnly, silentLog);
    const live = new LiveUnit({ unit, legacyDatabaseUrl, createSource, log: silentLog });
    await live.start();
    await live.forward.whenStreaming();
    await traffic.pause();
    const caughtUp = await live.caughtUp('legacy', await live.head('legacy'), 10_000);
    const verification = await live.verify('forward', 'legacy');
    await live.stop();
    expect(caughtUp).toBe(true);
    expect(verification.findings).toEqual([]);
    expect(verification.rows).toBeGreaterThan(3_000);
    expect((await accountFor(traffic, world, 'service')).findings).toEqual([]);
  });
});
