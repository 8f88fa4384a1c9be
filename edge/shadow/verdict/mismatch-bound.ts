import { evidenceAgainstShare, priorFor } from './evidence-of-counts.ts';

export interface Confidence {
  /** The share of mismatches to be excluded, 0.001 for 0.1 %. */
  readonly limit: number;
  /** The chance, over the whole run and however often one looks, that the statement is wrong. */
  readonly alpha: number;
}

/** The largest share of mismatches that the counts leave possible. */
export function mismatchBound(mismatches: number, samples: number, { limit, alpha }: Confidence): number {
  if (samples === 0) return 1;
  const isPossible = (share: number): boolean =>
    evidenceAgainstShare(mismatches, samples, share, priorFor(limit)) < -Math.log(alpha);
  return lastWhere(isPossible, mismatches / samples, 1);
}

/** True when a share of `limit` or more is excluded. */
export function isWithin(mismatches: number, samples: number, { limit, alpha }: Confidence): boolean {
  if (samples === 0 || mismatches / samples >= limit) return false;
  return evidenceAgainstShare(mismatches, samples, limit, priorFor(limit)) >= -Math.log(alpha);
}

/** Samples after which the limit is excluded, when mismatches come on as they have; undefined when they are too many. */
export function samplesNeeded(mismatches: number, samples: number, confidence: Confidence): number | undefined {
  const share = samples === 0 ? 0 : mismatches / samples;
  const isEnough = (total: number): boolean => isWithin(share * total, total, confidence);
  if (share >= confidence.limit || !isEnough(MOST_SAMPLES)) return undefined;
  let [few, many] = [0, MOST_SAMPLES];
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2);
    if (isEnough(middle)) many = middle;
    else few = middle;
  }
  return many;
}

const MOST_SAMPLES = 1e9;
const STEPS = 60;

/** Where a claim that holds at first stops to hold. */
function lastWhere(holds: (share: number) => boolean, from: number, to: number): number {
  let [good, bad] = [from, to];
  for (let i = 0; i < STEPS; i++) {
    const middle = (good + bad) / 2;
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
