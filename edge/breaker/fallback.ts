import type { Side } from '../decide/unit-state.ts';

/** A request the client still waits for, after an attempt that gave it nothing. */
export interface FailedAttempt {
  /** Whom it was sent to. */
  readonly target: Side;
  /** Who owns the rows of its unit. */
  readonly owner: Side;
  readonly isSafe: boolean;
  /** True once the target may have seen a byte of it. */
  readonly wasSent: boolean;
  readonly hasAnswerBegun: boolean;
  /** It has no body, or the edge still holds the whole of it. */
  readonly isBodyKept: boolean;
  readonly form: 'plain' | 'upgrade' | 'event-stream' | 'range';
  /** Legacy does not show the subject's own last write yet. */
  readonly isOwnWritePending: boolean;
  readonly msLeft: number;
  readonly legacyP95Ms: number;
  readonly isLegacyBroken: boolean;
  readonly isBudgetSpent: boolean;
}

export const FALLBACK_REFUSALS = [
  'not-of-the-service',
  'service-owns',
  'answer-begun',
  'may-be-done',
  'body-gone',
  'upgrade',
  'event-stream',
  'range',
  'own-write-pending',
  'legacy-broken',
  'too-late',
  'budget-spent',
] as const;

/** Why a request the service failed is not asked of legacy. Counted. */
export type FallbackRefusal = (typeof FALLBACK_REFUSALS)[number];

/**
 * Whether legacy may answer what the service failed to. Only while legacy owns the rows, only what cannot have been done
 * already, and only when it can still help. Pure; the order is that of the reasons an operator wants to hear first.
 */
export function judgeFallback(attempt: FailedAttempt): 'ok' | FallbackRefusal {
  if (attempt.target !== 'service') return 'not-of-the-service';
  if (attempt.owner !== 'legacy') return 'service-owns';
  const refusal = whyNotAgain(attempt);
  if (refusal) return refusal;
  if (attempt.isOwnWritePending) return 'own-write-pending';
  if (attempt.isLegacyBroken) return 'legacy-broken';
  if (attempt.msLeft < attempt.legacyP95Ms) return 'too-late';
  return attempt.isBudgetSpent ? 'budget-spent' : 'ok';
}

/** Whether another endpoint of the same target may get the request, whoever owns the rows. */
export function mayTryAnotherEndpoint(attempt: FailedAttempt): boolean {
  return whyNotAgain(attempt) === undefined && attempt.msLeft > 0 && !attempt.isBudgetSpent;
}

/** What forbids any second attempt (invariant 9: nothing is applied twice). */
function whyNotAgain(attempt: FailedAttempt): FallbackRefusal | undefined {
  if (attempt.hasAnswerBegun) return 'answer-begun';
  if (!attempt.isSafe && attempt.wasSent) return 'may-be-done';
  if (!attempt.isBodyKept) return 'body-gone';
  return attempt.form === 'plain' ? undefined : attempt.form;
}
