import type { CompiledRoute } from '../decide/unit-gate.ts';
import type { ForwardOutcome } from '../forward/forwarder.ts';
import type { TokenSource } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import { mirroredRead } from '../shadow/mirrored.ts';
import { callResult } from '../targets/call-result.ts';

/** Tries a service that failed with a copy of a read which legacy has just answered: no user waits for the outcome. */
export function probeWithCopy(journey: Journey, identity: TokenSource): void {
  const { route } = journey;
  if (!route?.breaker.admits(performance.now())) return;
  const probing = route.gate.shadow.probe(mirroredRead(journey, route, identity));
  if (probing) void conclude(route, probing);
}

async function conclude({ breaker, target }: CompiledRoute, probing: Promise<ForwardOutcome>): Promise<void> {
  const sentAt = performance.now();
  const pass = breaker.begin(sentAt);
  const outcome = await probing;
  const now = performance.now();
  if (outcome.kind === 'answered') target.connectFailures = 0;
  breaker.end(pass, callResult(outcome, breaker.counts500), now - sentAt, now);
}
