import { compileRule, noRules, PlaceRules, type CompiledRule } from './compiled-rule.ts';
import { parseFieldPath } from './field-path.ts';
import { PathState } from './path-state.ts';
import type { ComparisonRule } from './rule.ts';

/** The rules of one route at one time, made ready. Rules whose last day is over are left out and named. */
export class RuleBook {
  readonly rules: readonly CompiledRule[];
  readonly expired: readonly CompiledRule[];
  /** When the book is to be made anew; undefined when no rule will expire. */
  readonly expiresAtMs: number | undefined;
  readonly root: PathState;
  /** An id stands for itself only if it does everywhere: nothing equal may be passed over. */
  readonly seesAll: boolean;
  readonly #named = new Map<string, PlaceRules>();

  /** `route` is `GET /api/trips`; the rules have been checked. */
  constructor(rules: readonly ComparisonRule[], { route, nowMs }: { route: string; nowMs: number }) {
    const compiled = rules
      .map((rule, index) => compileRule(rule, index))
      .filter(({ rule }) => rule.route === undefined || rule.route === route);
    this.expired = compiled.filter(({ rule }) => endOf(rule) <= nowMs);
    this.rules = compiled.filter(({ rule }) => endOf(rule) > nowMs);
    this.expiresAtMs = this.rules.length > 0 ? Math.min(...this.rules.map(({ rule }) => endOf(rule))) : undefined;
    this.seesAll = this.rules.some(({ rule }) => rule.rule === 'id-map');
    this.root = PathState.start(this.rules.flatMap(withSteps));
    for (const { rule } of this.rules) if (!rule.path.startsWith('$')) this.#name(rule.path);
  }

  /** Of a place outside bodies: `status`, `header.x`, `cookie.x`, `body`. */
  at(place: string): PlaceRules {
    return this.#named.get(place) ?? noRules;
  }

  #name(place: string): void {
    this.#named.set(place, new PlaceRules(this.rules.filter(({ rule }) => rule.path === place)));
  }
}

function withSteps(
  rule: CompiledRule,
): { rule: CompiledRule; steps: NonNullable<ReturnType<typeof parseFieldPath>> }[] {
  const steps = parseFieldPath(rule.rule.path);
  return steps ? [{ rule, steps }] : [];
}

const DAY_MS = 86_400_000;

/** The first moment after a rule’s last day. */
export function endOf({ expires }: ComparisonRule): number {
  return Date.parse(`${expires}T00:00:00Z`) + DAY_MS;
}

export const emptyRules = new RuleBook([], { route: '', nowMs: 0 });
