import type { ForwardOutcome } from '../forward/forwarder.ts';
import { callResult } from '../targets/call-result.ts';
import type { TargetEndpoint } from '../targets/target-endpoint.ts';
import type { Breaker } from './breaker.ts';

/** One request at one endpoint, as breaker and endpoint keep account of it. Times of `performance.now()`. */
export interface Call {
  endpoint: TargetEndpoint;
  breaker: Breaker;
  /** What the breaker gave at the beginning. */
  pass: number;
  sentAt: number;
  /** When the head of the answer came; 0 while it has not. */
  headAt: number;
  /** How often the request was sent. */
  attempts: number;
}

export function beginCall(call: Call, endpoint: TargetEndpoint, breaker: Breaker): void {
  const now = performance.now();
  call.endpoint = endpoint;
  call.breaker = breaker;
  call.sentAt = now;
  call.headAt = 0;
  call.attempts++;
  call.pass = breaker.begin(now);
  endpoint.begin();
}

/** To be called once for each beginning. The endpoint hears first: its target counts connections for the breakers. */
export function endCall(call: Call, outcome: ForwardOutcome): void {
  const { endpoint, breaker, pass, headAt, sentAt } = call;
  const result = callResult(outcome, breaker.counts500);
  endpoint.end(result);
  breaker.end(pass, result, headAt === 0 ? 0 : headAt - sentAt, performance.now());
}
