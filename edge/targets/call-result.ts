import type { ForwardOutcome } from '../forward/forwarder.ts';

/**
 * What a request says about the endpoint it was sent to. `unreachable`: no connection came about, so nothing was sent.
 * `none`: it says nothing, because the client left, or the edge itself had no room.
 */
export type CallResult = 'ok' | 'failed' | 'unreachable' | 'none';

/** Failures are resets, timeouts, malformed and broken answers, 502 to 504, and 500 where it is said to be one. */
export function callResult(outcome: ForwardOutcome, counts500: boolean): CallResult {
  switch (outcome.kind) {
    case 'answered':
      return isFailure(outcome.status, counts500) ? 'failed' : 'ok';
    case 'truncated':
      return 'failed';
    case 'client-gone':
    case 'client-slow':
      return 'none';
    case 'failed':
      if (outcome.failure === 'busy' || outcome.failure === 'too-large') return 'none';
      return outcome.failure === 'refused' ? 'unreachable' : 'failed';
  }
}

function isFailure(status: number, counts500: boolean): boolean {
  return (status > 501 && status < 505) || (counts500 && status === 500);
}
