import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../shared/index.ts';
import { DIFFERENCE_CLASSES, type Comparison, type DifferenceClass } from '../compare/difference.ts';
import { missing } from '../compare/evidence.ts';
import { shareOf, type FieldModel } from '../testing/simulation.fixture.ts';
import { defaultVerdictTarget, judgeRoute, type RouteVerdict } from './judge-route.ts';
import { mergeCounts } from './route-counts.ts';
import { RouteTally } from './route-tally.ts';

const KEY = Buffer.alloc(32, 7);
const TARGET = { ...defaultVerdictTarget, mismatchLimit: 0.01 };

type Fields = Readonly<Record<string, FieldModel>>;

interface Run {
  readonly samples: number;
  readonly fields?: Fields;
  /** The share in which control is asked twice. */
  readonly paired?: number;
  readonly subjects?: number;
}

describe('the verdict on a route', () => {
  it('is pass when nothing differs often enough', () => {
    const verdict = judgeRoute(runOf({ samples: 409 }).counts(), TARGET);
    expect(verdict).toMatchObject({ verdict: 'pass', samples: 409, mismatches: 0, missing: [], findings: [] });
    expect(verdict.mismatchBound).toBeLessThanOrEqual(0.01);
  });

  it('is inconclusive before, and says how many samples and how much time are missing', () => {
    const verdict = judgeRoute(runOf({ samples: 101 }).counts(), TARGET);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', missing: [{ of: 'samples', have: 101, need: 409 }] });
    expect(verdict.concludesInMs).toBeCloseTo(308 * 99.0099, -2);
    expect(judgeRoute(new RouteTally('GET /', KEY).counts(), TARGET).verdict).toBe('inconclusive');
  });

  it('needs different subjects, and other questions', () => {
    const few = judgeRoute(runOf({ samples: 600, subjects: 3 }).counts(), TARGET);
    expect(few).toMatchObject({ verdict: 'inconclusive', missing: [{ of: 'subjects', have: 3, need: 20 }] });
    const tally = new RouteTally('GET /', KEY);
    for (let i = 0; i < 1000; i++) tally.add({ ...sampleAt(i * 10), question: 'page=1', subject: 'the one who polls' });
    expect(tally.counts()).toMatchObject({ samples: 1, repeated: 999 });
  });

  it('is fail for a defect, and names the field', () => {
    const fields = { '$.total': { noise: 0, defect: 0.02 }, '$.id': { noise: 1, defect: 0 } };
    const verdict = judgeRoute(runOf({ samples: 4000, fields }).counts(), TARGET);
    expect(verdict).toMatchObject({ verdict: 'fail', findings: [{ path: '$.total', class: 'value' }] });
  });

  it('stays fail when a deployment makes it better', () => {
    const tally = runOf({ samples: 100, fields: { '$.a': { noise: 0, defect: 1 } } });
    feed(tally, { samples: 3000, fields: { '$.a': { noise: 0.5, defect: 0 } } }, 2);
    expect(judgeRoute(tally.counts(), TARGET).verdict).toBe('fail');
  });

  it('excuses what control itself does as often, and holds the rest to the bound', () => {
    const fields = { '$.banner': { noise: 0.5, defect: 0 }, '$.rare': { noise: 0.001, defect: 0 } };
    const verdict = judgeRoute(runOf({ samples: 3000, fields }).counts(), TARGET);
    expect(verdict).toMatchObject({ verdict: 'pass', unsteady: [{ path: '$.banner' }] });
    expect(verdict.mismatches).toBeGreaterThan(0);
  });

  it('does not pass where control never repeats itself: a rule is needed', () => {
    const verdict = judgeRoute(
      runOf({ samples: 3000, fields: { '$.nonce': { noise: 1, defect: 0 } } }).counts(),
      TARGET,
    );
    expect(verdict.verdict).toBe('inconclusive');
    expect(verdict.missing).toContainEqual({ of: 'steadier-field', path: '$.nonce', have: 1500 });
    expect(verdict.concludesInMs).toBeUndefined();
  });

  it('takes every difference for the candidate’s where control is asked once', () => {
    const fields = { '$.a': { noise: 0, defect: 0.05 } };
    expect(judgeRoute(runOf({ samples: 2000, fields, paired: 0 }).counts(), TARGET).verdict).toBe('fail');
  });

  it('does not pass while lag explains too much', () => {
    const tally = runOf({ samples: 600 });
    for (let i = 0; i < 100; i++) tally.note('lagOnly');
    const { verdict, missing: needs } = judgeRoute(tally.counts(), TARGET);
    expect([verdict, needs]).toEqual(['inconclusive', [{ of: 'less-lag', share: 100 / 700 }]]);
  });

  it('lets minor differences through', () => {
    const fields = { 'extra $.new': { noise: 0, defect: 1 } };
    expect(judgeRoute(runOf({ samples: 600, fields }).counts(), TARGET)).toMatchObject({
      verdict: 'pass',
      mismatches: 0,
    });
  });

  it('is the same from the counts of two edges', () => {
    const fields = { '$.a': { noise: 0.2, defect: 0 }, '$.b': { noise: 0, defect: 0.05 } };
    const [one, other] = [runOf({ samples: 1000, fields }, 1).counts(), runOf({ samples: 1000, fields }, 2).counts()];
    const [there, back] = [mergeCounts(one, other), mergeCounts(other, one)];
    expect(there).toMatchObject({ samples: 2000, pairs: one.pairs + other.pairs });
    expect(judgeRoute(there, TARGET)).toEqual(judgeRoute(back, TARGET));
    expect(judgeRoute(there, TARGET)).toMatchObject({ verdict: 'fail', findings: [{ path: '$.b' }] });
  });

  it('does not accuse a correct candidate with twenty unsteady fields', () => {
    const shares = [0.0005, 0.01, 0.05, 0.3, 0.5];
    const names = Array.from({ length: 20 }, (_, i) => `$.field${i}`);
    const fields = Object.fromEntries(names.map((name, i) => [name, { noise: shares[i % 5] ?? 0, defect: 0 }]));
    expect(judgeRoute(runOf({ samples: 3000, fields }).counts(), TARGET).findings).toEqual([]);
  });

  it('passes a candidate with more mismatches than the limit in at most 5 of 100 runs', () => {
    const fields = { '$.a': { noise: 0, defect: 0.0101 } };
    const passes = (verdict: RouteVerdict): boolean => verdict.verdict === 'pass';
    const share = shareOf(20, (random) => {
      const tally = new RouteTally('GET /', KEY);
      return [1, 2, 3, 4, 5, 6].some((part) => {
        feedWith(tally, { samples: 250, fields, paired: 0 }, part, random);
        return passes(judgeRoute(tally.counts(), TARGET));
      });
    });
    expect(share).toBeLessThanOrEqual(0.05);
  });

  it('keeps its memory within limits, and never passes over what it could not keep', () => {
    const limits = { repeatWindowMs: 60_000, maxQuestions: 100, maxFields: 5, maxCombinations: 3 };
    const tally = new RouteTally('GET /', KEY, limits);
    for (let i = 0; i < 300; i++)
      tally.add({
        ...sampleAt(i),
        question: `${i}`,
        candidate: comparisonOf([`value $.f${i % 50}`]),
        control: undefined,
      });
    const counts = tally.counts();
    expect([counts.samples, counts.repeated, counts.fields.length]).toEqual([100, 200, 5]);
    expect(Object.keys(counts.mismatches)).toHaveLength(3);
    expect(judgeRoute(counts, TARGET).mismatches).toBe(100);
  });
});

function runOf(run: Run, seed = 1): RouteTally {
  return tallyOf(run, seededRandom(seed));
}

function tallyOf(run: Run, random: () => number): RouteTally {
  const tally = new RouteTally('GET /', KEY);
  feedWith(tally, run, 0, random);
  return tally;
}

function feed(tally: RouteTally, run: Run, seed: number): void {
  feedWith(tally, run, seed, seededRandom(seed));
}

/** Ten a second, each with a question of its own. */
function feedWith(tally: RouteTally, run: Run, part: number, random: () => number): void {
  const { samples, fields = {}, paired = 0.5, subjects = 50 } = run;
  for (let i = 0; i < samples; i++) {
    const isPair = paired > 0 && i % Math.round(1 / paired) === 0;
    const hits = (isDefective: boolean): string[] =>
      Object.entries(fields).flatMap(([path, model]) => (random() < chance(model, isDefective) ? [path] : []));
    tally.add({
      ...sampleAt((part * samples + i) * 100),
      subject: `user ${i % subjects}`,
      question: `${part}/${i}`,
      candidate: comparisonOf(hits(true)),
      control: isPair ? comparisonOf(hits(false)) : undefined,
    });
  }
}

function chance({ noise, defect }: FieldModel, isDefective: boolean): number {
  return isDefective ? noise + defect - noise * defect : noise;
}

function sampleAt(atMs: number) {
  return { atMs, subject: 'user', question: 'page=1', shape: 'page', candidate: comparisonOf([]), control: undefined };
}

/** Of fields such as `$.a`, or `extra $.a` for another class than `value`. */
function comparisonOf(fields: readonly string[]): Comparison {
  const differences = fields.map((field) => {
    const [path = '', kind = 'value'] = field.split(' ').toReversed();
    const named = kind as DifferenceClass;
    return { path, class: named, severity: DIFFERENCE_CLASSES[named], count: 1, control: missing, candidate: missing };
  });
  return { differences, ignored: [], isCut: false };
}
