import { randomUUID } from 'node:crypto';
import { EffectTally, NO_EFFECTS, type RouteEffects } from './effect-tally.ts';

/** What one judge of writes has seen of one run since it began to take part: cumulative, under an id of its own. */
export interface EffectLedger {
  readonly run: string;
  readonly ledger: string;
  /** Grows with every change. */
  readonly revision: number;
  readonly routes: readonly RouteEffects[];
}

/** A write that was prepared while one run went on may be judged when the next one has begun. */
const RUNS_KEPT = 2;

/** The tallies of the last runs. */
export class EffectLedgers {
  readonly #tallies = new Map<string, { readonly ledger: string; readonly tally: EffectTally }>();

  of(run: string): EffectTally {
    const known = this.#tallies.get(run) ?? { ledger: randomUUID(), tally: new EffectTally() };
    this.#tallies.set(run, known);
    if (this.#tallies.size > RUNS_KEPT) this.#tallies.delete(this.#tallies.keys().next().value ?? '');
    return known.tally;
  }

  report(): EffectLedger[] {
    return [...this.#tallies].map(([run, { ledger, tally }]) => {
      return { run, ledger, revision: tally.revision, routes: tally.report() };
    });
  }
}

/** What all judges together have seen of a run, by route. */
export function sumOfEffects(ledgers: Iterable<Pick<EffectLedger, 'routes'>>): ReadonlyMap<string, RouteEffects> {
  const sum = new Map<string, RouteEffects>();
  for (const { routes } of ledgers)
    for (const told of routes) sum.set(told.route, addEffects(sum.get(told.route) ?? NO_EFFECTS, told));
  return sum;
}

function addEffects(one: Omit<RouteEffects, 'route'>, other: RouteEffects): RouteEffects {
  const findings = [...one.findings];
  for (const finding of other.findings) {
    const at = findings.findIndex(({ kind, path }) => kind === finding.kind && path === finding.path);
    const count = finding.count + (findings[at]?.count ?? 0);
    findings.splice(at < 0 ? findings.length : at, 1, { ...finding, count });
  }
  return {
    route: other.route,
    equal: one.equal + other.equal,
    different: one.different + other.different,
    unsure: one.unsure + other.unsure,
    overtaken: one.overtaken + other.overtaken,
    ambiguous: one.ambiguous + other.ambiguous,
    findings: findings.toSorted((a, b) => b.count - a.count),
  };
}
