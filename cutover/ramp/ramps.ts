import { messageOf, systemClock, type Clock } from '../../shared/index.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { cutoverErrors } from '../errors.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { Journal } from '../journal/journal.ts';
import type { UnitStore } from '../control/control-store.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import type { RampPlan } from './ramp-plan.ts';
import { rampAction, type RampAction, type RampContext } from './ramp-schedule.ts';
import { rampStateOf, type RampState } from './ramp-state.ts';
import { RampSteps, type RampStepParts } from './ramp-steps.ts';
import { regressionOf } from './regression.ts';

export const rampVerbs = ['start', 'pause', 'resume'] as const;

export type RampVerb = (typeof rampVerbs)[number];

export interface RampParts extends Omit<RampStepParts, 'clock'> {
  readonly units: readonly DeclaredUnit[];
  readonly store: Pick<UnitStore, 'read' | 'note'> & { readonly journal: Pick<Journal, 'sinceLast'> };
  readonly edges: Pick<EdgeGroup, 'counts'>;
  readonly clock?: Clock;
}

/** What an operator sees of a ramp. */
export interface RampView {
  readonly unit: string;
  readonly state: RampState;
  readonly action: RampAction;
  /** What kept the last step that was due from being taken. */
  readonly heldBy: readonly string[];
  /** When the requests that a rung needs should have come, as they come now. */
  readonly enoughRequestsAtMs?: number;
}

/** Climbs the ladder by the schedule of each plan, and goes down when a rung does harm. What it knows is the journal. */
export class Ramps {
  readonly #parts: RampParts;
  readonly #clock: Clock;
  readonly #steps: RampSteps;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(parts: RampParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#steps = new RampSteps({ ...parts, clock: this.#clock });
  }

  start(everyMs = 1_000): void {
    this.#timer = setInterval(() => void this.look(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One look at every unit that has a ramp. Never throws. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      for (const declared of this.#parts.units)
        if (declared.plan.ramp) await this.#lookAt(declared, declared.plan.ramp);
    } finally {
      this.#isLooking = false;
    }
  }

  async view(unit: string): Promise<RampView> {
    const { declared, ramp } = this.#rampOf(unit);
    const state = await this.#stateOf(unit, ramp);
    const enoughRequestsAtMs = this.#enoughAt(unit, ramp, state);
    return {
      unit,
      state,
      action: rampAction(contextOf(declared, ramp), state, this.#clock.now()),
      heldBy: this.#steps.heldBy(unit),
      ...(enoughRequestsAtMs !== undefined && { enoughRequestsAtMs }),
    };
  }

  /** Throws RAMP_REFUSED when there is nothing to start, pause or resume. */
  async tell(unit: string, verb: RampVerb, intent: Intent): Promise<RampView> {
    const { declared, ramp } = this.#rampOf(unit);
    const record = await this.#parts.store.read(unit);
    const state = await this.#stateOf(unit, ramp);
    const problem = problemOf(verb, state, record.stage.name);
    if (problem !== undefined) throw cutoverErrors.error('RAMP_REFUSED', { message: `${unit}: ${problem}` });
    if (!intent.reason.trim() && !intent.dryRun)
      throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for the ramp of ${unit}` });
    if (!intent.dryRun)
      await this.#parts.store.note(record, noteOf(intent, `ramp-${verb}`, { planDigest: declared.digest }));
    this.#steps.forget(unit);
    return this.view(unit);
  }

  async #lookAt(declared: DeclaredUnit, ramp: RampPlan): Promise<void> {
    const { unit } = declared.plan;
    try {
      const state = await this.#stateOf(unit, ramp);
      if (state.kind === 'off') return;
      const regression = state.stage.name === 'canary' ? this.#regressionOf(declared) : undefined;
      if (regression !== undefined) return await this.#steps.goDown(unit, state, 'ramp-back', regression, false);
      const action = rampAction(contextOf(declared, ramp), state, this.#clock.now());
      if (action.do === 'night') return await this.#steps.goDown(unit, state, 'ramp-night', 'the hours are over', true);
      if (action.do === 'step') await this.#steps.climb(declared, ramp, state, action.isRegain);
      else this.#steps.forget(unit);
    } catch (error) {
      this.#parts.log.warn({ unit, problem: messageOf(error) }, 'the ramp could not do what is due');
    }
  }

  #regressionOf({ plan }: DeclaredUnit): string | undefined {
    const { traffic, edges } = this.#parts;
    return regressionOf(plan, traffic.measured(plan.unit), edges.counts(plan.unit)?.service);
  }

  #enoughAt(unit: string, { minRequests }: RampPlan, state: RampState): number | undefined {
    const { requests = 0 } = this.#parts.traffic.measured(unit)?.service ?? {};
    if (state.kind === 'off' || requests === 0 || requests >= minRequests) return undefined;
    const nowMs = this.#clock.now();
    return nowMs + ((minRequests - requests) * (nowMs - state.movedMs)) / requests;
  }

  async #stateOf(unit: string, ramp: RampPlan): Promise<RampState> {
    return rampStateOf(await this.#parts.store.journal.sinceLast(unit, 'ramp-start'), ramp);
  }

  #rampOf(unit: string): { declared: DeclaredUnit; ramp: RampPlan } {
    const declared = this.#parts.units.find(({ plan }) => plan.unit === unit);
    if (!declared) throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${unit}"` });
    const { ramp } = declared.plan;
    if (!ramp) throw cutoverErrors.error('RAMP_REFUSED', { message: `the plan of ${unit} has no ramp` });
    return { declared, ramp };
  }
}

function contextOf({ plan, digest: planDigest }: DeclaredUnit, ramp: RampPlan): RampContext {
  return { plan: ramp, planDigest, rungs: plan.rollout.ladder.length };
}

function problemOf(verb: RampVerb, state: RampState, stage: string): string | undefined {
  if (verb === 'start' && stage !== 'shadow' && stage !== 'canary')
    return `a ramp starts at shadow or canary, not at ${stage}`;
  if (verb === 'start' && state.kind === 'running') return 'its ramp is running already';
  if (verb !== 'start' && state.kind === 'off') return 'no ramp was started';
  if (verb === 'pause' && state.kind === 'paused') return `its ramp is paused already: ${state.why}`;
  return undefined;
}
