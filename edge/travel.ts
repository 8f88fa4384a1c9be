import { messageOf, waitUntil, type Clock, type Log } from '../shared/index.ts';
import type { Attempts } from './breaker/attempts.ts';
import { probeWithCopy } from './breaker/probe.ts';
import type { ClientResponse } from './client.ts';
import type { CurrentConfiguration } from './current-configuration.ts';
import type { BrownoutOrder } from './decide/brownout.ts';
import type { Decision } from './decide/decide.ts';
import type { UnitGate } from './decide/unit-gate.ts';
import type { ForwardOutcome } from './forward/forwarder.ts';
import type { ForwardStep } from './forward/forward-step.ts';
import { clientAddress } from './hygiene/forwarding-headers.ts';
import type { HygienePolicy } from './hygiene/policy.ts';
import type { IdentifyStep } from './identify/identify-step.ts';
import type { Journey } from './journey.ts';
import type { RateGate } from './limit/rate-gate.ts';
import type { ObserveStep } from './observe/observe-step.ts';
import { brokenProblem, problems, type EdgeProblem } from './problem.ts';

export interface TravelParts {
  readonly configuration: CurrentConfiguration;
  readonly policy: HygienePolicy;
  readonly identify: IdentifyStep;
  readonly forward: ForwardStep;
  readonly observe: ObserveStep;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A request's way from the door to its answer: identify → decide → forward → observe. Until it is forwarded nothing waits,
 * except for a hold at a cutover and for a subject's own write on its way back to legacy.
 */
export class Travel {
  readonly #parts: TravelParts;
  readonly #forward: ForwardStep;
  readonly #observe: ObserveStep;
  readonly #attempts: Attempts;
  readonly #identify: IdentifyStep;

  constructor(parts: TravelParts) {
    this.#parts = parts;
    this.#forward = parts.forward;
    this.#observe = parts.observe;
    this.#attempts = parts.attempts;
    this.#identify = parts.identify;
  }

  /** Identify, and then travel; most requests do so without waiting. */
  take(journey: Journey): void {
    this.#observe.begin(journey);
    if (journey.bodyBytes > journey.maxBodyBytes) return this.turnAway(journey, problems.bodyTooLarge);
    const asking = this.#identify.take(journey);
    if (asking === undefined) return this.#admit(journey);
    const admitted = asking.then(() => this.#admit(journey));
    this.#guard(journey, admitted);
  }

  /** Ends a request with an answer of the edge's own. */
  turnAway(journey: Journey, problem: EdgeProblem): void {
    this.#observe.reject(journey, problem);
    this.#finish(journey);
  }

  /** Whatever is handed to the edge may throw: that ends this request, with an answer, and nothing else. */
  fault(error: unknown, journey: Journey): void {
    this.#report(error);
    this.turnAway(journey, problems.fault);
  }

  /** Counts it; answers why it may not go on. */
  async countRate(journey: Journey, gate: RateGate): Promise<EdgeProblem | undefined> {
    const address = (): string => clientAddress(journey.request, this.#parts.policy);
    const { headers, problem } = await gate.admit({ subject: journey.caller?.subject.id, address });
    journey.tell(headers);
    return problem;
  }

  #admit(journey: Journey): void {
    if (journey.rateGate) this.#guard(journey, this.#admitCounted(journey, journey.rateGate));
    else this.#start(journey);
  }

  async #admitCounted(journey: Journey, gate: RateGate): Promise<void> {
    const problem = await this.countRate(journey, gate);
    if (problem) this.turnAway(journey, problem);
    else this.#start(journey);
  }

  #start(journey: Journey): void {
    if (journey.problem) return this.turnAway(journey, journey.problem);
    if (!journey.isUnitWrite || journey.route?.gate.hold.tryEnter(journey.writer)) void this.#travel(journey);
    else void this.#travelLater(journey);
  }

  #guard(journey: Journey, work: Promise<void>): void {
    work.catch((error: unknown) => this.fault(error, journey));
  }

  /** A write that found its unit held. Whoever waited is decided with the state of then: the owner may have changed. */
  async #travelLater(journey: Journey): Promise<void> {
    const gate = journey.route?.gate;
    const how = gate ? await this.#enterHeld(gate, journey) : 'gone';
    if (how === 'entered') return this.#travel(journey);
    if (how === 'expired') this.#observe.reject(journey, problems.held);
    else journey.status = -1;
    this.#finish(journey);
  }

  async #enterHeld({ hold, waits }: UnitGate, journey: Journey): Promise<'entered' | 'expired' | 'gone'> {
    const gone = signalOfClose(journey.response);
    const { configuration } = this.#parts;
    do {
      const how = await waits.during('hold', () => hold.wait(configuration.now.limits.holdMs, gone));
      if (how !== 'released') return how;
    } while (!hold.tryEnter(journey.writer));
    return 'entered';
  }

  /**
   * Decide, forward, observe: one function, because every await costs. A write of the unit is inside its gate all the
   * while; a fault ends this request only.
   */
  async #travel(journey: Journey): Promise<void> {
    try {
      let decision = journey.decide();
      if (decision.mustWait) decision = await this.#decideLater(journey);
      if (decision.mustWait) return this.#observe.reject(journey, problemOf(decision));
      if (decision.isRefused) return this.#refuse(journey, decision);
      const order = journey.kind === 'dependent' ? brownoutOf(journey) : undefined;
      if (order && (await this.#brownOut(journey, decision, order))) return;
      let outcome = await this.#forward.send(journey, decision);
      this.#ended(journey, decision, outcome);
      if (outcome.kind === 'client-slow') return this.#observe.reject(journey, problems.timeout);
      while (outcome.kind === 'failed') {
        const next = this.#attempts.after(journey, decision, outcome);
        if (!next) return this.#observe.answerFailure(journey, outcome);
        decision = next.decision;
        outcome = await this.#forward.send(journey, decision, next.endpoint);
        this.#ended(journey, decision, outcome);
      }
    } catch (error) {
      this.#report(error);
      this.#observe.reject(journey, problems.fault);
    } finally {
      if (journey.isUnitWrite) journey.route?.gate.hold.leave(journey.writer);
      this.#finish(journey);
    }
  }

  /** True when that was its answer. It is counted as what it is: a request that still needs legacy. */
  async #brownOut(journey: Journey, decision: Decision, { slowMs = 0, status }: BrownoutOrder): Promise<boolean> {
    if (status === undefined) {
      await this.#parts.clock.sleep(slowMs, signalOfClose(journey.response));
      return false;
    }
    this.#observe.count(journey, decision, status);
    this.#observe.reject(journey, status === 410 ? problems.ended : problems.brownout);
    return true;
  }

  /**
   * Waits for the subject's own write on the service to come back to legacy, as long as the budget goes. Decides anew each
   * time: in between the owner may change, and with it what has to come back.
   */
  async #decideLater(journey: Journey): Promise<Decision> {
    const { clock, configuration } = this.#parts;
    const budgetMs = configuration.now.limits.catchUpMs;
    const signal = signalOfClose(journey.response);
    if (journey.isUnknown('service')) void journey.route?.gate.markers.raiseFloor('service');
    let decision = journey.decide();
    const isDecided = (): boolean => {
      decision = journey.decide();
      return !decision.mustWait || decision.reason === 'unit-unknown';
    };
    const limits = { clock, budgetMs, everyMs: 3, signal };
    await journey.route?.gate.waits.during('own-write', () => waitUntil(isDecided, limits));
    return decision;
  }

  /** Nothing is sent: only the service could answer, and it is not asked for now. */
  #refuse(journey: Journey, decision: Decision): void {
    this.#forward.explain(journey, decision);
    this.#observe.count(journey, decision, problems.broken.status);
    this.#observe.reject(journey, brokenProblem(journey.route?.breaker));
  }

  #ended(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    this.#attempts.ended(journey, decision, outcome);
    if (journey.endsSession) this.#identify.ended(journey);
    this.#forward.ended(journey, decision, outcome);
    this.#observe.observe(journey, decision, outcome);
    if (decision.reason === 'breaker-open' && journey.isCopied)
      probeWithCopy(journey, this.#forward.tokenSourceOf(journey));
  }

  #finish(journey: Journey): void {
    try {
      this.#observe.finish(journey);
    } catch (error) {
      this.#parts.log.error({ problem: messageOf(error) }, 'a request could not be observed');
    }
  }

  #report(error: unknown): void {
    this.#parts.log.error({ problem: messageOf(error) }, 'request failed inside the edge');
  }
}

function brownoutOf({ route, state, caller }: Journey): BrownoutOrder | undefined {
  return state?.brownout && route?.gate.brownout.of(state.brownout, caller?.identity?.sub);
}

function problemOf({ reason }: Decision): EdgeProblem {
  return reason === 'unit-unknown' ? problems.unknown : problems.stale;
}

function signalOfClose(response: ClientResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  if (response.destroyed) controller.abort();
  return controller.signal;
}
