import { AnswerComparer } from '../compare/answer-comparer.ts';
import { RuleBook } from '../rules/rule-book.ts';
import type { ComparisonRule } from '../rules/rule.ts';

interface Known {
  readonly comparer: AnswerComparer;
  readonly untilMs: number;
}

/** The comparer of each route under the rules in force; made anew when rules change, or one of them expires. */
export class RouteComparers {
  readonly #known = new Map<string, Known>();
  #rules: readonly ComparisonRule[] = [];

  useRules(rules: readonly ComparisonRule[]): void {
    this.#rules = rules;
    this.#known.clear();
  }

  of(route: string, nowMs: number): AnswerComparer {
    const known = this.#known.get(route);
    if (known && known.untilMs > nowMs) return known.comparer;
    const rules = new RuleBook(this.#rules, { route, nowMs });
    const comparer = new AnswerComparer({ rules });
    this.#known.set(route, { comparer, untilMs: rules.expiresAtMs ?? Number.POSITIVE_INFINITY });
    return comparer;
  }
}
