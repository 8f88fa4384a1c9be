import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SimulatedWorld } from './testing/simulated-edges.fixture.ts';

const NAMES = ['a', 'b', 'c'];
const STEPS = 120;
const SEEDS = Number(process.env['BANYAN_SIMULATIONS'] ?? 60);

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('marks over several edges, on simulated time', () => {
  it('invariant 1: no edge is live that lacks an acknowledged write of another, whatever is cut, stalled or killed', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const found = await simulate(seed);
      expect(found.violation && `seed ${seed}: ${found.violation}`).toBeUndefined();
      expect(found.acknowledged).toBeGreaterThan(0);
    }
  });

  it('are live again, all of them, once the weather is good', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = await openWorld(seed);
      for (let step = 0; step < 40; step++) await perform(world, step);
      for (const edge of world.edges.values()) [edge.isCut, edge.lagMs] = [false, 5];
      if (!world.hub) await world.startControl();
      await jest.advanceTimersByTimeAsync(20_000);
      expect([...world.edges.values()].every(({ link }) => link.isLive())).toBe(true);
      await close(world);
    }
  });
});

interface Found {
  readonly violation: string | undefined;
  readonly acknowledged: number;
}

async function simulate(seed: number): Promise<Found> {
  const world = await openWorld(seed);
  let violation: string | undefined;
  for (let step = 0; step < STEPS && !violation; step++) {
    await perform(world, step);
    for (let look = 0; look < 4 && !violation; look++) {
      await jest.advanceTimersByTimeAsync(world.upTo(120));
      violation = world.unknownWrite();
    }
  }
  await close(world);
  return { violation, acknowledged: world.writes.filter(({ isAcknowledged }) => isAcknowledged).length };
}

async function openWorld(seed: number): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(seed);
  await world.startControl();
  NAMES.forEach((name, i) => world.startEdge(name, 4_000 + i));
  await jest.advanceTimersByTimeAsync(2_000);
  expect([...world.edges.values()].every(({ link }) => link.isLive())).toBe(true);
  return world;
}

/** Mostly writes; now and then something breaks or mends. */
async function perform(world: SimulatedWorld, step: number): Promise<void> {
  const name = NAMES[world.upTo(NAMES.length)] ?? 'a';
  const edge = world.edges.get(name);
  const dice = world.random();
  if (dice < 0.7) edge?.write();
  else if (dice < 0.76) cut(edge, true);
  else if (dice < 0.84) cut(edge, false);
  else if (dice < 0.88 && edge) edge.lagMs = world.upTo(3_000);
  else if (dice < 0.92 && edge) edge.lagMs = 5;
  else if (dice < 0.94) world.killEdge(name);
  else if (dice < 0.97 && !edge) world.startEdge(name, 4_000 + NAMES.indexOf(name));
  else if (dice < 0.98) world.killControl();
  else if (!world.hub) await world.startControl();
  if (step % 20 === 19 && !world.hub) await world.startControl();
}

function cut(edge: { isCut: boolean; loseWires(): void } | undefined, isCut: boolean): void {
  if (!edge) return;
  edge.isCut = isCut;
  if (isCut) edge.loseWires();
}

async function close(world: SimulatedWorld): Promise<void> {
  for (const name of NAMES) world.killEdge(name);
  world.killControl();
  await jest.advanceTimersByTimeAsync(20_000);
}
