import type { EffectVerdict } from '../../edge/index.ts';
import type { EffectFinding } from './finding.ts';

/** What the writes of one route have shown. */
export interface RouteEffects {
  readonly route: string;
  readonly equal: number;
  readonly different: number;
  /** Something was changed that nobody could look at. */
  readonly unsure: number;
  /** Overtaken by a later change of the same rows: nothing can be said. */
  readonly overtaken: number;
  /** Several transactions of legacy fit: nothing can be said. */
  readonly ambiguous: number;
  readonly findings: readonly EffectFinding[];
}

export const NO_EFFECTS: Omit<RouteEffects, 'route'> = {
  equal: 0,
  different: 0,
  unsure: 0,
  overtaken: 0,
  ambiguous: 0,
  findings: [],
};

type Counted = { -readonly [K in Exclude<keyof RouteEffects, 'route' | 'findings'>]: number };

/** A route has so many findings of their own; further ones are counted as different only. */
const MAX_FINDINGS = 200;

/** Counts verdicts by route and findings by kind and path. No values: there are none in findings. */
export class EffectTally {
  revision = 0;
  readonly #routes = new Map<
    string,
    { counts: Counted; findings: Map<string, { -readonly [K in keyof EffectFinding]: EffectFinding[K] }> }
  >();

  add(route: string, verdict: EffectVerdict, findings: readonly EffectFinding[] = []): void {
    if (verdict === 'not-found') return;
    this.revision++;
    const { findings: _, ...none } = NO_EFFECTS;
    const known = this.#routes.get(route) ?? { counts: { ...none }, findings: new Map() };
    this.#routes.set(route, known);
    known.counts[verdict]++;
    for (const { kind, path, count } of findings) {
      const key = `${kind} ${path}`;
      const seen = known.findings.get(key);
      if (seen) seen.count += count;
      else if (known.findings.size < MAX_FINDINGS) known.findings.set(key, { kind, path, count });
    }
  }

  report(): RouteEffects[] {
    return [...this.#routes].map(([route, { counts, findings }]) => ({
      route,
      ...counts,
      findings: [...findings.values()].toSorted((a, b) => b.count - a.count),
    }));
  }
}
