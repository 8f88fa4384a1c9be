import { waitUntil } from '../../shared/index.ts';

export interface Flips {
  readonly flips: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A flag that can be switched, and everybody who has to learn it. */
export interface Flippable {
  readonly flip: (enabled: boolean) => Promise<void>;
  /** What one reader says now. */
  readonly readers: readonly (() => boolean)[];
}

/** From the moment the switch was thrown to the moment the last reader knew. */
export async function measureFlips({ flip, readers }: Flippable, flips: number): Promise<Flips> {
  const took: number[] = [];
  for (let turn = 0; turn < flips; turn++) {
    const enabled = turn % 2 === 1;
    const startedAt = performance.now();
    const knownAt = until(() => readers.every((isOn) => isOn() === enabled));
    await flip(enabled);
    took.push((await knownAt) - startedAt);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const quantile = (q: number): number => Number((sorted[Math.floor((sorted.length - 1) * q)] ?? 0).toFixed(1));
  return { flips, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) };
}

async function until(isSo: () => boolean): Promise<number> {
  if (!(await waitUntil(isSo, { budgetMs: 60_000, everyMs: 1 }))) throw new Error('a flip was never seen');
  return performance.now();
}
