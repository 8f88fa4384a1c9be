import { AnswerComparer } from '../compare/answer-comparer.ts';
import { RuleBook } from '../rules/rule-book.ts';
import type { ComparisonOptions } from '../rules/rule.ts';

interface Known {
  readonly comparer: AnswerComparer;
  readonly untilMs: number;
}

/** The comparer of each route under the rules in force; made anew when rules change, or one of them is over. */
export class RouteComparers {
  readonly #known = new Map<string, Known>();
  #options: ComparisonOptions = {};

  use(options: ComparisonOptions): void {
    this.#options = options;
    this.#known.clear();
  }

  of(route: string, nowMs: number): AnswerComparer {
    const known = this.#known.get(route);
    if (known && known.untilMs > nowMs) return known.comparer;
    const { headers, rules: all = [] } = this.#options;
    const rules = new RuleBook(all, { route, nowMs });
    const comparer = new AnswerComparer({ rules, ...(headers && { headers }) });
    this.#known.set(route, { comparer, untilMs: rules.expiresAtMs ?? Number.POSITIVE_INFINITY });
    return comparer;
  }
}
