/** Upper bounds in milliseconds; one more bucket takes what is slower. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 32 }, (_, i) => 0.25 * 1.4 ** i);

/** Answers by how long they took to begin, one count for each bound and one above; counts of several can be added up. */
export class LatencyCounts {
  readonly counts: number[] = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }
}
