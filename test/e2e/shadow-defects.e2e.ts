import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WireReport } from '../../cutover/index.ts';
import { DefectWorld, findingsOf } from '../defects/defect-world.ts';
import { SEEDED } from '../defects/defects.ts';

/** Generous: a run is over when it has shown enough, within seconds. */
const RUN_MS = 240_000;

const lag = { maxLagMs: 300 };
let world: DefectWorld;

beforeAll(async () => {
  world = await DefectWorld.start({ requestsPerSecond: 80, failureShare: 0.2, lag });
}, 180_000);

afterAll(() => world.stop(), 60_000);

/** Mistakes of one run do not hide each other: they are in other routes, or in other places of their answers. */
const GROUPS: readonly (readonly string[])[] = [
  [
    'wrong rounding',
    'a missing field',
    'a page that begins one later',
    'the wrong order',
    'another time zone',
    'a lost secondary write',
  ],
  ['a stale cache', 'failures now and then', 'a duplicate notification'],
];

describe('a shadow run by the command line, of a copy of the trips service, beside noise', () => {
  it('finds nothing in the service as it is, though its copy is behind', async () => {
    const isEnough = ({ routes, writes }: WireReport): boolean =>
      routes.every(({ samples }) => samples >= 15) && writes.reduce((sum, { samples }) => sum + samples, 0) >= 15;
    const report = await world.run('right', [], { isEnough, budgetMs: RUN_MS });
    expect(isEnough(report)).toBe(true);
    expect(findingsOf(report)).toEqual([]);
    expect(report.verdict).not.toBe('fail');
    expect(world.traffic.report().failures).toEqual([]);
    lag.maxLagMs = 0;
  }, 400_000);

  it.each(GROUPS.map((defects, i) => [defects.join(', '), `wrong-${i}`, defects] as const))(
    'finds %s, each at its route and field',
    async (_, name, defects) => {
      const expected = defects.map((defect) => SEEDED[defect] ?? 'unknown');
      const isEnough = (seen: WireReport): boolean => expected.every((one) => findingsOf(seen).includes(one));
      const report = await world.run(name, defects, { isEnough, budgetMs: RUN_MS });
      expect(findingsOf(report)).toEqual(expect.arrayContaining(expected));
      const places = new Set(expected.map((one) => one.split(':')[0]));
      expect(findingsOf(report).filter((one) => !places.has(one.split(':')[0]))).toEqual([]);
      expect(report.verdict).toBe('fail');
    },
    400_000,
  );

  it('has every seeded mistake in one of the runs', () => {
    expect(GROUPS.flat().toSorted()).toEqual(Object.keys(SEEDED).toSorted());
  });
});
