/** After the first failure twice the normal pause, then three times; never more than this. */
const MAX_FACTOR = 5;
/** A server may ask to be left alone for this long at most: nobody shall switch our flags off by a header. */
const MAX_RETRY_AFTER_MS = 60_000;
const JITTER = 0.2;

export interface DelayFacts {
  readonly refreshMs: number;
  /** In a row. */
  readonly failures: number;
  readonly retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  readonly random: number;
}

/** How long to wait before the server is asked again. Spread, so that many edges do not ask in the same moment. */
export function nextDelayMs({ refreshMs, failures, retryAfterMs = 0, random }: DelayFacts): number {
  const pause = refreshMs * Math.min(1 + failures, MAX_FACTOR);
  const wanted = Math.max(pause, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
  return wanted * (1 - JITTER + 2 * JITTER * random);
}
