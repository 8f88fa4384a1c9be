import type { Journey } from '../journey.ts';
import { RouteTable } from '../match/route-table.ts';
import { problems, type EdgeProblem } from '../problem.ts';
import { unidentifiedProblem } from './challenge.ts';
import type { Identifier } from './identifier.ts';
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
  readonly #unidentified: EdgeProblem;
  readonly #logouts: RouteTable<LogoutRoute> | undefined;

  constructor(identifier: Identifier, options: SubjectOptions) {
    const { ways } = options;
    this.#identifier = identifier;
    this.#unidentified = unidentifiedProblem(options);
    const logouts = ways.flatMap((way) => (way.way === 'session' ? (way.introspection?.logout ?? []) : []));
    this.#logouts = logouts.length > 0 ? new RouteTable(logouts) : undefined;
  }

  take(journey: Journey): void | Promise<void> {
    const { method, clean } = journey;
    if (this.#logouts?.match(method, clean.path)) journey.endsSession = true;
    // Legacy's, whoever asks, and nothing to remember or to count.
    if (journey.route === undefined && journey.isSafe && !journey.rateGate) return;
    const verdict = this.#identifier.identify(clean);
    if (verdict instanceof Promise) return verdict.then((found) => this.#found(journey, found));
    this.#found(journey, verdict);
  }

  #found(journey: Journey, verdict: Verdict): void {
    journey.belongsTo(verdict);
    if (journey.route?.auth === undefined || journey.caller?.identity !== undefined) return;
    journey.problem = journey.isLate ? problems.unsure : this.#unidentified;
  }

  /** To be called when a request that ends its session was sent, whatever became of it. */
  ended({ clean }: Journey): void {
    this.#identifier.forget(clean);
  }
}
