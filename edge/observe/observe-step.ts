import type { Decision } from '../decide/decide.ts';
import type { FailureKind, ForwardOutcome } from '../forward/forwarder.ts';
import type { Journey } from '../journey.ts';
import type { EdgeMetrics, RouteCounts } from './metrics.ts';
import { mirroredRead } from '../shadow/mirrored.ts';
import { answerProblem, problems, type EdgeProblem } from '../problem.ts';

type FailedOutcome = Omit<Extract<ForwardOutcome, { kind: 'failed' }>, 'kind'>;

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

  /** The target gave nothing the client could be given. When to come again is only said where that does no harm. */
  answerFailure(journey: Journey, { failure, sent }: FailedOutcome): void {
    const problem = failureProblems[failure] ?? problems.badGateway;
    this.reject(journey, journey.isSafe || !sent ? { retryAfterS: 1, ...problem } : problem);
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

function mirror(journey: Journey, identity: string): void {
  const { route, tap } = journey;
  if (route && tap) route.gate.shadow.offer(mirroredRead(journey, route, identity), tap);
}

function statusOf(outcome: ForwardOutcome): number {
  if (outcome.kind === 'answered') return outcome.status;
  return outcome.kind === 'failed' ? 0 : -1;
}
