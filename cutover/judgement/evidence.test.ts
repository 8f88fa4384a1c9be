import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../shared/index.ts';
import { isAccused, noEvidence, openBet, weigh, type Batch, type Evidence } from './evidence.ts';

interface Traffic {
  /** Requests between two looks, and how many looks. */
  readonly perLook: number;
  readonly looks: number;
  /** Share of the service, and rate of failures of either side, at a look. */
  readonly share: (look: number) => number;
  readonly base: (look: number) => number;
  readonly timesWorse: (look: number) => number;
}

function batchAt({ perLook, share, base, timesWorse }: Traffic, look: number, random: () => number): Batch {
  const served = Math.floor(perLook * share(look) + random());
  const arm = (requests: number, rate: number) => ({ requests, bad: countBad(requests, rate, random) });
  return { service: arm(served, base(look) * timesWorse(look)), legacy: arm(perLook - served, base(look)) };
}

/** Of so many requests; from one that is bad to the next, as few are. */
function countBad(requests: number, rate: number, random: () => number): number {
  const gap = (): number => Math.floor(Math.log(1 - random()) / Math.log(1 - rate));
  let count = 0;
  for (let next = gap(); next < requests; next += 1 + gap()) count++;
  return count;
}

/** How many requests of the service it took from look `from` on; undefined when it was never accused. */
function accusedAfter(
  traffic: Traffic,
  falseRollback: number,
  seed: number,
  from = 0,
  past?: Batch['past'],
): number | undefined {
  const random = seededRandom(seed);
  let evidence: Evidence = openBet(noEvidence, 0);
  let requests = 0;
  for (let look = 0, opened = 1; look < traffic.looks; look++) {
    if (look % 100 === 99) evidence = openBet(evidence, opened++);
    const batch = batchAt(traffic, look, random);
    if (look >= from) requests += batch.service.requests;
    evidence = weigh(evidence, [{ ...batch, past }]);
    if (isAccused(evidence, falseRollback)) return requests;
  }
  return undefined;
}

const ladder = [0.01, 0.05, 0.1, 0.25, 0.5];
const healthy: Traffic = {
  perLook: 100,
  looks: 300,
  share: (look) => ladder[Math.floor(look / 60)] ?? 0.5,
  base: (look) => 0.004 + 0.003 * Math.sin(look / 20),
  timesWorse: () => 1,
};
const broken: Traffic = { perLook: 20, looks: 5_000, share: () => 0.05, base: () => 0.002, timesWorse: () => 20 };

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

describe('a service that fails as often as legacy', () => {
  it.each([0.05, 0.01])(
    'is accused in no more than %d of 400 histories of 30,000 requests with waves and a growing share',
    (falseRollback) => {
      const accused = Array.from({ length: 400 }, (_, seed) => accusedAfter(healthy, falseRollback, seed + 1));
      expect(accused.filter((after) => after !== undefined).length / 400).toBeLessThanOrEqual(falseRollback);
    },
  );
});

describe('a service on a rung with nobody left on legacy', () => {
  const past = { requests: 2_000, bad: 4 };
  const alone = (rate: number, looks: number): Traffic => {
    return { perLook: 50, looks, share: () => 1, base: () => rate, timesWorse: () => 1 };
  };

  it('is accused in no more than 1 in 100 of 400 histories of 30,000 requests, when it fails as legacy did', () => {
    const accused = Array.from({ length: 400 }, (_, seed) => accusedAfter(alone(0.002, 600), 0.01, seed + 1, 0, past));
    expect(accused.filter((after) => after !== undefined).length).toBeLessThanOrEqual(4);
  });

  it.each([
    [200, 20],
    [1_500, 10],
  ])('is accused within %d requests when it fails %d times as often', (atMost, times) => {
    const delays = Array.from(
      { length: 200 },
      (_, seed) => accusedAfter(alone(0.002 * times, 5_000), 0.01, seed + 1, 0, past) ?? Infinity,
    );
    expect(medianOf(delays)).toBeLessThanOrEqual(atMost);
  });

  it('is not judged while nobody knows how legacy did', () => {
    expect(accusedAfter(alone(0.5, 100), 0.01, 1)).toBeUndefined();
  });
});

describe('a service that fails 20 times as often', () => {
  it('is accused within about 100 of its requests, at a promise of 1 in 100', () => {
    const delays = Array.from({ length: 200 }, (_, seed) => accusedAfter(broken, 0.01, seed + 1) ?? Infinity);
    expect(medianOf(delays)).toBeLessThanOrEqual(110);
    expect(delays.every(Number.isFinite)).toBe(true);
  });

  it('is accused nearly as fast when that begins after a quiet day', () => {
    const later = { ...broken, looks: 6_000, timesWorse: (look: number) => (look < 2_000 ? 1 : 20) };
    const delays = Array.from({ length: 60 }, (_, seed) => accusedAfter(later, 0.01, seed + 1, 2_000) ?? Infinity);
    expect(medianOf(delays)).toBeLessThanOrEqual(250);
  });
});

describe('evidence', () => {
  const batch = { service: { requests: 10, bad: 2 }, legacy: { requests: 90, bad: 1 } };

  it('does not depend on the order of batches', () => {
    const other = { service: { requests: 30, bad: 0 }, legacy: { requests: 5, bad: 3 } };
    const start = openBet(noEvidence, 0);
    const [a, b] = [weigh(weigh(start, [batch]), [other]), weigh(start, [other, batch])];
    a.bets[0]?.logs.forEach((log, i) => expect(log).toBeCloseTo(b.bets[0]?.logs[i] ?? Number.NaN, 10));
  });

  it('learns nothing of a route that one side serves alone, or of no failures', () => {
    const start = openBet(noEvidence, 0);
    const alone = { ...batch, legacy: { requests: 0, bad: 0 } };
    const fine = { service: { requests: 10, bad: 0 }, legacy: { requests: 90, bad: 0 } };
    expect(weigh(start, [alone, fine])).toBe(start);
  });

  it('does not take an accusation back', () => {
    const bad = { service: { requests: 10, bad: 9 }, legacy: { requests: 90, bad: 0 } };
    const accused = weigh(openBet(noEvidence, 0), [bad]);
    const good = { service: { requests: 10, bad: 0 }, legacy: { requests: 90, bad: 90 } };
    expect(isAccused(weigh(accused, [good]), 0.01)).toBe(true);
  });
});
