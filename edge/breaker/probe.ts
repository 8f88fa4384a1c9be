import type { ForwardOutcome } from '../forward/forwarder.ts';
import { failureOf } from '../forward/undici-handler.ts';
import type { Journey } from '../journey.ts';
import { mirroredRead } from '../shadow/mirrored.ts';
import { callResult } from '../targets/call-result.ts';

/** Tries a service that failed with a copy of a read which legacy has just answered: no user waits for the outcome. */
export function probeWithCopy(journey: Journey, identity: string | undefined): void {
  const { route } = journey;
  const sentAt = performance.now();
  if (!route?.breaker.admits(sentAt)) return;
  const { breaker, target } = route;
  const status = route.gate.shadow.probe(mirroredRead(journey, route, identity));
  if (!status) return;
  const pass = breaker.begin(sentAt);
  const end = (outcome: ForwardOutcome): void => {
    const now = performance.now();
    if (outcome.kind === 'answered') target.connectFailures = 0;
    breaker.end(pass, callResult(outcome, breaker.counts500), now - sentAt, now);
  };
  status.then(
    (code) => end({ kind: 'answered', status: code }),
    (error: Error) => end({ kind: 'failed', failure: failureOf(error), sent: true }),
  );
}
