/**
 * How many different ones there were, and what two such counts make together: the smallest hashes, as many as are kept.
 * Exact up to there, about 6 % off beyond. Holds nothing by which anybody could be found, when the hashes are keyed.
 */
export interface DistinctSketch {
  /** Ascending; whole numbers below 2^48. */
  readonly smallest: readonly number[];
}

export const emptySketch: DistinctSketch = { smallest: [] };
export const SKETCH_SIZE = 256;
const HASH_LIMIT = 2 ** 48;

/** The same sketch when the hash was known or is too big to be kept. */
export function withHash(sketch: DistinctSketch, hash: number): DistinctSketch {
  const { smallest } = sketch;
  const isFull = smallest.length >= SKETCH_SIZE;
  if ((isFull && hash >= (smallest.at(-1) ?? 0)) || smallest.includes(hash)) return sketch;
  const at = smallest.findIndex((one) => one > hash);
  return { smallest: smallest.toSpliced(at < 0 ? smallest.length : at, 0, hash).slice(0, SKETCH_SIZE) };
}

export function mergeSketches(one: DistinctSketch, other: DistinctSketch): DistinctSketch {
  return other.smallest.reduce(withHash, one);
}

export function distinctCount({ smallest }: DistinctSketch): number {
  if (smallest.length < SKETCH_SIZE) return smallest.length;
  return Math.round(((SKETCH_SIZE - 1) * HASH_LIMIT) / (smallest.at(-1) ?? HASH_LIMIT));
}
