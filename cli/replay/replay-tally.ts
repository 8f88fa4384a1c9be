import type { Difference } from '../../edge/index.ts';

/** What a replay has shown of one route. */
export interface ReplayedRoute {
  readonly route: string;
  readonly samples: number;
  readonly mismatches: number;
  /** One of the sides gave no answer. */
  readonly failed: number;
  /** Writes that were not sent. */
  readonly skipped: number;
  readonly differences: readonly { readonly path: string; readonly class: string; readonly count: number }[];
}

interface Counts {
  samples: number;
  mismatches: number;
  failed: number;
  skipped: number;
  readonly differences: Map<string, { path: string; class: string; count: number }>;
}

/** Counts by route, and differences by path and class. */
export class ReplayTally {
  readonly #routes = new Map<string, Counts>();

  equal(route: string): void {
    this.#of(route).samples++;
  }

  /** None: it went away when both were asked again. */
  different(route: string, differences: readonly Difference[]): void {
    const counts = this.#of(route);
    counts.samples++;
    if (differences.length > 0) counts.mismatches++;
    for (const { path, class: kind } of differences) {
      const known = counts.differences.get(`${kind} ${path}`);
      if (known) known.count++;
      else counts.differences.set(`${kind} ${path}`, { path, class: kind, count: 1 });
    }
  }

  failed(route: string): void {
    this.#of(route).failed++;
  }

  skipped(route: string): void {
    this.#of(route).skipped++;
  }

  routes(): ReplayedRoute[] {
    const routes = [...this.#routes].toSorted(([a], [b]) => a.localeCompare(b));
    return routes.map(([route, { differences, ...counts }]) => ({
      route,
      ...counts,
      differences: [...differences.values()].toSorted((a, b) => b.count - a.count),
    }));
  }

  #of(route: string): Counts {
    const known = this.#routes.get(route);
    if (known) return known;
    const counts: Counts = { samples: 0, mismatches: 0, failed: 0, skipped: 0, differences: new Map() };
    this.#routes.set(route, counts);
    return counts;
  }
}
