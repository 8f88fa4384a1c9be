import { messageOf, type Clock, type Log } from '../../shared/index.ts';
import type { Controller } from '../controller.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { GateResult } from '../judgement/gates.ts';
import type { MeasuredTraffic } from '../judgement/unit-judgement.ts';
import { describeStage } from '../stage.ts';
import type { RampPlan } from './ramp-plan.ts';
import type { RampUnderWay } from './ramp-state.ts';

export interface RampStepParts {
  readonly controller: Pick<Controller, 'gates' | 'moveStage' | 'verify'>;
  readonly traffic: { measured(unit: string): MeasuredTraffic | undefined };
  readonly log: Log;
  readonly clock: Clock;
}

/** Gates are asked anew after this while they keep a step; what they ask costs the databases something. */
const ASK_EVERY_MS = 10_000;
const VERIFY_EVERY_MS = 10 * 60_000;

/** Takes the steps of a ramp as anybody would: through the controller, in the name of whoever started it. */
export class RampSteps {
  readonly #parts: RampStepParts;
  readonly #heldBy = new Map<string, readonly string[]>();
  readonly #askedMs = new Map<string, number>();
  readonly #verifiedMs = new Map<string, number>();

  constructor(parts: RampStepParts) {
    this.#parts = parts;
  }

  /** What kept the last step that was due from being taken. */
  heldBy(unit: string): readonly string[] {
    return this.#heldBy.get(unit) ?? [];
  }

  /** No step is due. */
  forget(unit: string): void {
    this.#heldBy.delete(unit);
  }

  async goDown(unit: string, state: RampUnderWay, action: string, reason: string, planned: boolean): Promise<void> {
    const intent = { who: state.who, reason, action, detail: { planned } };
    await this.#parts.controller.moveStage(unit, { type: 'go-to', stage: 'shadow' }, intent);
    this.#askedMs.delete(unit);
  }

  async climb(declared: DeclaredUnit, ramp: RampPlan, state: RampUnderWay, isRegain: boolean): Promise<void> {
    const { unit } = declared.plan;
    const nowMs = this.#parts.clock.now();
    if (nowMs - (this.#askedMs.get(unit) ?? -Infinity) < ASK_EVERY_MS) return;
    this.#askedMs.set(unit, nowMs);
    const requests = isRegain || state.stage.name === 'shadow' ? [] : this.#requestsMissing(unit, ramp);
    const gates = await this.#gatesOf(unit, nowMs);
    const held = [...requests, ...gates.filter(({ verdict }) => verdict !== 'pass').map(heldByGate)];
    this.#heldBy.set(unit, held);
    if (held.length > 0) return;
    const reason = isRegain ? 'back to where it was' : `after its stay at ${describeStage(state.stage)}`;
    const intent = { who: state.who, reason, action: 'ramp-step', detail: { planned: isRegain && state.isNight } };
    const rung = state.stage.name === 'canary' ? state.stage.rung + 1 : 0;
    // By name: whatever happened to the unit since the gates were asked, it is this rung or none.
    await this.#parts.controller.moveStage(unit, { type: 'go-to', stage: 'canary', rung }, intent);
    this.#askedMs.delete(unit);
  }

  /** Nobody else verifies while it climbs alone: one that is too old is made again, behind it, as it may take long. */
  async #gatesOf(unit: string, nowMs: number): Promise<GateResult[]> {
    const { controller, log } = this.#parts;
    const gates = await controller.gates(unit);
    const isOld = gates.some(({ gate, verdict }) => gate === 'verification' && verdict !== 'pass');
    if (!isOld || nowMs - (this.#verifiedMs.get(unit) ?? -Infinity) < VERIFY_EVERY_MS) return gates;
    this.#verifiedMs.set(unit, nowMs);
    void controller.verify(unit, undefined, {}).catch((error: unknown) => {
      log.warn({ unit, problem: messageOf(error) }, 'the ramp could not verify');
    });
    return gates;
  }

  #requestsMissing(unit: string, { minRequests }: RampPlan): string[] {
    if (minRequests === 0) return [];
    const { requests } = this.#parts.traffic.measured(unit)?.service ?? {};
    if (requests === undefined) return [`requests inconclusive (not measured, at least ${minRequests})`];
    return requests >= minRequests ? [] : [`requests inconclusive (${requests}, at least ${minRequests})`];
  }
}

function heldByGate({ gate, verdict, value, limit }: GateResult): string {
  return `${gate} ${verdict} (${value}, limit ${limit})`;
}
