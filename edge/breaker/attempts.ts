import { FALLBACK, type Decision } from '../decide/decide.ts';
import type { ForwardOutcome } from '../forward/forwarder.ts';
import { isBodyKept } from '../forward/request-body.ts';
import type { Journey } from '../journey.ts';
import type { TargetEndpoint } from '../targets/target-endpoint.ts';
import { AttemptBudget } from './attempt-budget.ts';
import { endCall } from './call.ts';
import { judgeFallback, mayTryAnotherEndpoint, type FailedAttempt, type FallbackRefusal } from './fallback.ts';
import { LatencyEstimate } from './latency-estimate.ts';

/** Where a request goes next. */
export interface NextAttempt {
  readonly decision: Decision;
  readonly endpoint: TargetEndpoint;
}

export interface AttemptParts {
  /** Of a request without a deadline of its own. */
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly judged: (unit: string, verdict: 'ok' | FallbackRefusal) => void;
}

/**
 * Keeps account of every attempt, and finds another way for a request whose attempt gave its client nothing: once another
 * endpoint of the same target, once legacy while it owns the rows. What failed is counted before anything else is tried.
 */
export class Attempts {
  readonly #parts: AttemptParts;
  readonly #budget = new AttemptBudget();
  readonly #legacyLatency = new LatencyEstimate();

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  ended(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    endCall(journey, outcome);
    this.#budget.request(journey.sentAt);
    if (decision.target === 'legacy' && journey.headAt > 0) this.#legacyLatency.add(journey.headAt - journey.sentAt);
  }

  /** Undefined when the client has to be told. */
  after(journey: Journey, decision: Decision, outcome: ForwardOutcome): NextAttempt | undefined {
    const now = performance.now();
    const attempt = this.#describe(journey, decision, outcome, now);
    const next = elsewhere(journey, decision, attempt) ?? this.#atLegacy(journey, attempt);
    if (!next) return undefined;
    this.#budget.spend(now);
    // What is left of the time; the edge's own limits where they are tighter.
    if (journey.deadlineMs !== undefined || attempt.msLeft < this.#parts.firstByteMs)
      journey.deadlineMs = Math.max(1, attempt.msLeft);
    return next;
  }

  #atLegacy(journey: Journey, attempt: FailedAttempt): NextAttempt | undefined {
    if (attempt.target !== 'service' || !journey.route) return undefined;
    const verdict = judgeFallback(attempt);
    this.#parts.judged(journey.route.unit, verdict);
    return verdict === 'ok' ? { decision: FALLBACK, endpoint: journey.legacy.pick() } : undefined;
  }

  #describe(journey: Journey, decision: Decision, outcome: ForwardOutcome, now: number): FailedAttempt {
    return {
      target: decision.target,
      owner: journey.owner,
      isSafe: journey.isSafe,
      wasSent: outcome.kind !== 'failed' || outcome.sent,
      hasAnswerBegun: journey.response.headersSent,
      isBodyKept: isBodyKept(journey.request, journey.bodyBytes),
      form: formOf(journey.clean.headers.list),
      isOwnWritePending: !journey.isApplied('service'),
      msLeft: (journey.route?.deadlineMs ?? this.#parts.totalMs) - (now - journey.startedAt),
      legacyP95Ms: this.#legacyLatency.p95Ms,
      isLegacyBroken: !journey.legacyBreaker.isClosed,
      isBudgetSpent: this.#budget.isSpent(now),
    };
  }
}

function elsewhere(journey: Journey, decision: Decision, attempt: FailedAttempt): NextAttempt | undefined {
  if (journey.attempts > 1) return undefined;
  const { route, legacy, endpoint } = journey;
  const other = (decision.target === 'service' && route ? route.target : legacy).other(endpoint);
  return other && mayTryAnotherEndpoint(attempt) ? { decision, endpoint: other } : undefined;
}

/** Streams of events and parts of files belong to the side that began them. */
function formOf(headers: readonly string[]): 'plain' | 'event-stream' | 'range' {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase();
    if (name === 'range' || name === 'if-range') return 'range';
    if (name === 'last-event-id') return 'event-stream';
    if (name === 'accept' && headers[i + 1]?.includes('text/event-stream')) return 'event-stream';
  }
  return 'plain';
}
