import { as, canary, openWorld, type World } from '../../../edge/testing/edge.fixture.ts';
import { waitUntil } from '../../../shared/index.ts';
import { ANY, type Case } from '../case.ts';

const SUBJECTS = Array.from({ length: 60 }, (_, i) => String(i + 1));
const PAGE = ['/api/trips/1', '/api/trips/2', '/api/trips/3'];

/** Section F: who is on which side while the share of the service grows. */
export const rolloutCases: readonly Case[] = [
  {
    number: 118,
    sends: 'one page load, three paths of the unit, by each of 60 subjects at 50 %',
    expects: 'each on one side; both sides in use',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      world.state = canary({ ceilings: { everyone: 5_000 } });
      const pages = await Promise.all(SUBJECTS.map((subject) => sidesOf(world, subject, PAGE)));
      const isOneSided = pages.every((sides) => new Set(sides).size === 1);
      const isSplit = new Set(pages.flat()).size === 2;
      return `${isOneSided ? 'each on one side' : 'pages torn'}; ${isSplit ? 'both sides' : 'one side'} in use`;
    },
  },
  {
    number: 119,
    sends: 'the same 60 subjects at 1 %, 10 %, 50 % and 100 %',
    expects: 'nobody goes back; 60 on the service at the end',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      let before = new Set<string>();
      let returned = 0;
      for (const everyone of [100, 1_000, 5_000, 10_000]) {
        world.state = canary({ ceilings: { everyone } });
        const now = await movedOf(world);
        returned += [...before].filter((subject) => !now.has(subject)).length;
        before = now;
      }
      return `${returned === 0 ? 'nobody goes' : `${returned} went`} back; ${before.size} on the service at the end`;
    },
  },
  {
    number: 120,
    sends: 'the same 60 subjects to two edges, before and after the share grows on both',
    expects: 'the same side on both, at 10 % and at 50 %',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const other = await openWorld({ limits: { firstByteMs: 5000 } });
      try {
        const differ = [await differing([bench.world(), other], 1_000), await differing([bench.world(), other], 5_000)];
        return differ.every((count) => count === 0) ? 'the same side on both, at 10 % and at 50 %' : differ.join();
      } finally {
        await other.close();
      }
    },
  },
  {
    number: 122,
    sends: 'reads before and after the local kill, which asks nobody',
    expects: 'service, legacy, service again once it is taken back',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      const sides = [await sideOf(world, '7', '/api/trips/1')];
      await world.killSwitch.set('trips', true);
      sides.push(await sideOf(world, '7', '/api/trips/1'));
      await world.killSwitch.set('trips', false);
      // What the subject has seen of legacy meanwhile has to be in the copy first.
      await waitUntil(async () => (await sideOf(world, '7', '/api/trips/1')) === 'service', { budgetMs: 3000 });
      sides.push(await sideOf(world, '7', '/api/trips/1'));
      return `${sides.join(', ')} again once it is taken back`;
    },
  },
];

/** How many subjects two edges with the same ceiling do not agree on. */
async function differing(worlds: readonly [World, World], everyone: number): Promise<number> {
  const state = canary({ ceilings: { everyone } });
  for (const world of worlds) world.state = state;
  const [one, two] = await Promise.all([movedOf(worlds[0]), movedOf(worlds[1])]);
  return SUBJECTS.filter((subject) => one.has(subject) !== two.has(subject)).length;
}

async function sideOf(world: World, subject: string, path: string): Promise<string> {
  const response = await world.get(path, as(subject));
  await response.arrayBuffer();
  return response.headers.get('x-banyan-target') ?? 'nowhere';
}

function sidesOf(world: World, subject: string, paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map((path) => sideOf(world, subject, path)));
}

async function movedOf(world: World): Promise<Set<string>> {
  const sides = await Promise.all(SUBJECTS.map((subject) => sideOf(world, subject, '/api/trips/1')));
  return new Set(SUBJECTS.filter((_, i) => sides[i] === 'service'));
}
