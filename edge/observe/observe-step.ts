import type { Decision } from '../decide/decide.ts';
import type { FailureKind, ForwardOutcome } from '../forward/forwarder.ts';
import type { Journey } from '../journey.ts';
import type { EdgeMetrics, RouteCounts } from './metrics.ts';
import { answerProblem, problems, type EdgeProblem } from '../problem.ts';

/** Last step of the journey: counts and times the request, hands a copy to the shadow, answers where the target did not. */
export class ObserveStep {
  readonly #metrics: EdgeMetrics;
  readonly #elsewhere: RouteCounts;
  readonly #tokenOf: (journey: Journey) => string;

  constructor(metrics: EdgeMetrics, tokenOf: (journey: Journey) => string) {
    this.#metrics = metrics;
    this.#tokenOf = tokenOf;
    this.#elsewhere = metrics.route('', '*', '*');
  }

  observe(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    this.count(journey, decision, statusOf(outcome));
    if (outcome.kind === 'failed') return this.#metrics.targetFailed(journey.endpoint.name, outcome.failure);
    if (outcome.kind !== 'answered') return;
    this.#metrics.answered(decision.target, performance.now() - journey.startedAt);
    if (journey.tap && outcome.status < 500) mirror(journey, this.#tokenOf(journey));
  }

  count(journey: Journey, decision: Decision, status: number): void {
    (journey.route?.counts ?? this.#elsewhere).add(decision.target, decision.reason, status);
  }

  /** The target gave nothing the client could be given. */
  answerFailure(journey: Journey, failure: FailureKind): void {
    this.reject(journey, failureProblems[failure] ?? problems.badGateway);
  }

  reject(journey: Pick<Journey, 'response' | 'extraHeaders'>, problem: EdgeProblem): void {
    this.#metrics.rejected(problem.code);
    answerProblem(journey.response, problem, journey.extraHeaders);
  }
}

const failureProblems: Partial<Record<FailureKind, EdgeProblem>> = {
  timeout: problems.gatewayTimeout,
  busy: problems.busy,
};

function mirror({ route, tap, clean, method, legacy: control }: Journey, identity: string): void {
  if (!route || !tap) return;
  const { gate, target: candidate, path } = route;
  const { target, headers } = clean;
  gate.shadow.offer({ control, candidate, route: path, method, path: target, headers, identity }, tap);
}

function statusOf(outcome: ForwardOutcome): number {
  if (outcome.kind === 'answered') return outcome.status;
  return outcome.kind === 'failed' ? 0 : -1;
}
