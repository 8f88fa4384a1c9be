import { waitUntil } from '../../shared/index.ts';

export interface Flip {
  /** Gives the command, again where it is refused; answers when the one that was taken was given. */
  readonly run: () => Promise<number>;
  /** Addresses of the edges that are to decide by it. */
  readonly at: readonly string[];
  readonly isDone: (url: string) => Promise<boolean>;
}

const BUDGET_MS = 20_000;

/** Milliseconds from the command until the last edge decides by it, found out by asking each every millisecond or so. */
export async function flipMs({ run, at, isDone }: Flip): Promise<number> {
  const arrivals = at.map(async (url) => {
    const hasFlipped = await waitUntil(() => isDone(url), { budgetMs: BUDGET_MS, everyMs: 1 });
    return hasFlipped ? performance.now() : Number.NaN;
  });
  const [times, startedAt] = await Promise.all([Promise.all(arrivals), run()]);
  const last = Math.max(...times);
  if (Number.isNaN(last)) throw new Error(`${at[times.findIndex(Number.isNaN)]} never flipped`);
  return last - startedAt;
}

/** Of times in any order; 0 of none. */
export function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor((sorted.length - 1) * q)] ?? 0).toFixed(1));
}
