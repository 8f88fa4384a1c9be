import type { Tracing } from '../../shared/index.ts';
import type { ClientRequest, ClientResponse } from '../client.ts';
import type { Decision } from '../decide/decide.ts';
import type { FailureKind, ForwardOutcome } from '../forward/forwarder.ts';
import type { TokenSource } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import { mirroredRead } from '../shadow/mirrored.ts';
import { copyOfWrite } from '../shadow-writes/write-copy.ts';
import { answerProblem, problems, type EdgeProblem } from '../problem.ts';
import type { AccessLog } from './access-log.ts';
import type { EdgeMetrics } from './metrics.ts';
import { RequestTrace } from './request-trace.ts';
import type { RouteCounts } from './route-counts.ts';

type FailedOutcome = Omit<Extract<ForwardOutcome, { kind: 'failed' }>, 'kind'>;

export interface ObserveParts {
  readonly metrics: EdgeMetrics;
  readonly tokenSourceOf: (journey: Journey) => TokenSource;
  /** Absent when it is off, like the log: then a request is asked nothing more than whether it is there. */
  readonly tracing: Tracing | undefined;
  readonly continuesTraces: boolean;
  readonly accessLog: AccessLog | undefined;
}

/**
 * Last step of the journey: counts, times, traces and logs the request, hands a copy to the shadow, answers where the
 * target did not.
 */
export class ObserveStep {
  readonly #parts: ObserveParts;
  readonly #metrics: EdgeMetrics;
  readonly #elsewhere: RouteCounts;

  constructor(parts: ObserveParts) {
    this.#parts = parts;
    this.#metrics = parts.metrics;
    this.#elsewhere = parts.metrics.route('', '*', '*');
  }

  /** A request has come in; `finish` is called once for it. */
  begin(journey: Journey): void {
    this.#metrics.inFlight++;
    const { tracing, continuesTraces } = this.#parts;
    if (tracing) journey.trace = new RequestTrace(tracing, journey, continuesTraces);
  }

  /** A sending has ended. */
  observe(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    journey.decision = decision;
    journey.status = statusOf(outcome);
    journey.trace?.sent(outcome);
    this.count(journey, decision, journey.status);
    this.#metrics.carried(decision.target, journey.requestBytes, journey.answerBytes);
    if (journey.tap) mirror(journey, outcome, this.#parts.tokenSourceOf(journey));
    if (journey.retries > 0) this.#retried(journey);
    if (outcome.kind === 'failed' && outcome.failure === 'too-large') return;
    if (outcome.kind === 'failed') return this.#metrics.targetFailed(journey.endpoint.name, outcome.failure);
    if (outcome.kind !== 'answered') return;
    journey.route?.gate.recording?.take(journey, outcome.status);
    this.#countsOf(journey).time(decision.target, journey.stage, performance.now() - journey.startedAt);
  }

  /** A connection became something else and is carried on its own from here. */
  upgraded(journey: Journey, decision: Decision): void {
    journey.status = 101;
    this.count(journey, decision, 101);
    this.finish(journey);
  }

  /** A connection may not become something else; its client has been told. */
  refusedUpgrade(journey: Journey, problem: EdgeProblem): void {
    journey.problem = problem;
    journey.status = problem.status;
    this.#metrics.rejected(problem.code);
    this.finish(journey);
  }

  count(journey: Journey, decision: Decision, status: number): void {
    this.#countsOf(journey).add(decision.target, decision.reason, status);
  }

  /** The target gave nothing the client could be given. When to come again is only said where that does no harm. */
  answerFailure(journey: Journey, { failure, sent }: FailedOutcome): void {
    const problem = failureProblems[failure] ?? problems.badGateway;
    this.reject(journey, journey.isSafe || !sent ? { retryAfterS: 1, ...problem } : problem);
  }

  /** Answers a request in place of a target. */
  reject(journey: Journey, problem: EdgeProblem): void {
    journey.problem = problem;
    journey.status = problem.status;
    this.#metrics.rejected(problem.code);
    answerProblem(journey.response, problem, journey.extraHeaders?.list);
  }

  /** Answers what never became a journey. */
  refuse(request: ClientRequest, response: ClientResponse, problem: EdgeProblem): void {
    this.refused(problem, request);
    answerProblem(response, problem);
  }

  /** Something was refused and has been told so. */
  refused(problem: EdgeProblem, request?: ClientRequest): void {
    this.#metrics.rejected(problem.code);
    this.#parts.accessLog?.refused(request, problem);
  }

  /** Nothing more happens to a request: it was answered, refused, or its client has left. */
  finish(journey: Journey): void {
    this.#metrics.inFlight--;
    journey.tap?.release();
    journey.trace?.end(journey);
    this.#parts.accessLog?.write(journey);
  }

  async close(): Promise<void> {
    await this.#parts.accessLog?.close();
  }

  #retried(journey: Journey): void {
    this.#metrics.retried(journey.endpoint.name, journey.retries);
    journey.retries = 0;
  }

  #countsOf(journey: Journey): RouteCounts {
    return journey.route?.counts ?? this.#elsewhere;
  }
}

const failureProblems: Partial<Record<FailureKind, EdgeProblem>> = {
  timeout: problems.gatewayTimeout,
  busy: problems.busy,
  'too-large': problems.bodyTooLarge,
};

/** What control answered goes to the shadow; what is no answer says nothing about the candidate. */
function mirror(journey: Journey, outcome: ForwardOutcome, identity: TokenSource): void {
  const { route, tap } = journey;
  journey.tap = undefined;
  const isAnswer = outcome.kind === 'answered' && outcome.status < 500;
  if (!route || !tap || !isAnswer) return tap?.release();
  if (!journey.isUnitWrite) return route.gate.shadow.offer(mirroredRead(journey, route, identity), tap);
  const control = tap.answer();
  if (control) route.gate.shadowWrites.offer(copyOfWrite(journey, route, control, identity));
  tap.release();
}

function statusOf(outcome: ForwardOutcome): number {
  if (outcome.kind === 'answered') return outcome.status;
  return outcome.kind === 'failed' ? 0 : -1;
}
