import type { Journey } from '../journey.ts';
import { RouteTable } from '../match/route-table.ts';
import { problems, type EdgeProblem } from '../problem.ts';
import { unidentifiedProblem } from './challenge.ts';
import type { Identifier } from './identifier.ts';
import type { Identification } from './open-identifier.ts';
import type { PageRequest } from './page-load.ts';
import type { Visitors } from './visitors.ts';
import type { Verdict } from './identity-way.ts';
import type { SubjectOptions } from './subject-options.ts';

interface LogoutRoute {
  readonly method: string;
  readonly path: string;
}

/**
 * Third step of the journey: who the request belongs to. Waits only where somebody outside must be asked. A request on a
 * route that wants an identity and has none gets its problem here, before any target is asked.
 */
export class IdentifyStep {
  readonly #identifier: Identifier;
  readonly #visitors: Visitors | undefined;
  readonly #unidentified: EdgeProblem;
  readonly #logouts: RouteTable<LogoutRoute> | undefined;

  constructor({ identifier, visitors }: Identification, options: SubjectOptions) {
    const { ways } = options;
    this.#identifier = identifier;
    this.#visitors = visitors;
    this.#unidentified = unidentifiedProblem(options);
    const logouts = ways.flatMap((way) => (way.way === 'session' ? (way.introspection?.logout ?? []) : []));
    this.#logouts = logouts.length > 0 ? new RouteTable(logouts) : undefined;
  }

  take(journey: Journey): void | Promise<void> {
    const { method, clean } = journey;
    if (this.#logouts?.match(method, clean.path)) journey.endsSession = true;
    if (!this.#isAsked(journey)) return;
    const verdict = this.#identifier.identify(clean);
    if (verdict instanceof Promise) return verdict.then((found) => this.#found(journey, found));
    this.#found(journey, verdict);
  }

  /** What is legacy's, whoever asks, with nothing to remember or to count, may be anybody's. */
  #isAsked(journey: Journey): boolean {
    if (journey.route !== undefined || !journey.isSafe || journey.rateGate) return true;
    return this.#visitors?.isFirstPage(pageRequestOf(journey)) === true;
  }

  #found(journey: Journey, verdict: Verdict): void {
    journey.belongsTo(verdict);
    if (this.#visitors && !journey.isLate) this.#meet(journey, this.#visitors);
    if (journey.route?.auth === undefined || journey.caller?.identity !== undefined) return;
    journey.problem = journey.isLate ? problems.unsure : this.#unidentified;
  }

  #meet(journey: Journey, visitors: Visitors): void {
    const { caller, setCookie } = visitors.meet(journey.caller, pageRequestOf(journey));
    journey.caller = caller;
    if (setCookie !== undefined) journey.tell(['Set-Cookie', setCookie]);
  }

  /** To be called when a request that ends its session was sent, whatever became of it. */
  ended({ clean }: Journey): void {
    this.#identifier.forget(clean);
  }
}

function pageRequestOf({ method, clean: { headers, cookie } }: Journey): PageRequest {
  return { method, headers, cookie };
}
