import { messageOf, systemClock, type Clock, type Log } from '../../shared/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import type { Controller } from '../controller.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { cutoverErrors } from '../errors.ts';
import type { Intent } from '../unit/intent.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import { describeBrownout, orderOf, stepAfter, type BrownoutRecord, type BrownoutSteps } from './brownout-schedule.ts';
import type { RetirementPlan } from './retirement-plan.ts';

export const brownoutVerbs = ['start', 'stop'] as const;

export type BrownoutVerb = (typeof brownoutVerbs)[number];

export interface BrownoutParts {
  readonly units: readonly DeclaredUnit[];
  readonly store: Pick<UnitStore, 'read'>;
  readonly edges: Pick<EdgeGroup, 'counts'>;
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly controller: Pick<Controller, 'brownOut'>;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface BrownoutView {
  readonly unit: string;
  /** Absent while there is none. */
  readonly now?: BrownoutRecord;
  readonly steps: BrownoutSteps;
}

type Planned = RetirementPlan & { readonly brownout: BrownoutSteps };

/**
 * Has the edges treat worse, step by step and for a time, whoever still needs legacy for a unit the service owns: so that
 * those come forward whom nobody knew of, while everything can be put right at once. Where it stands is in the unit's
 * record, so that any control goes on with it; edges follow it there.
 */
export class Brownouts {
  readonly #parts: BrownoutParts;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: BrownoutParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  start(everyMs = 1_000): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look().finally(() => (this.#looking = undefined));
    }, everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async view(unit: string): Promise<BrownoutView> {
    const { brownout: now } = await this.#parts.store.read(unit);
    return { unit, steps: this.#planOf(unit).brownout, ...(now && { now }) };
  }

  /** Throws BROWNOUT_REFUSED where there is nothing to start or stop. */
  async tell(unit: string, verb: BrownoutVerb, intent: Intent): Promise<BrownoutView> {
    const plan = this.#planOf(unit);
    const { brownout, epoch } = await this.#parts.store.read(unit);
    if ((verb === 'start') === (brownout !== undefined))
      throw cutoverErrors.error('BROWNOUT_REFUSED', {
        message: brownout ? `${unit} has a brownout under way` : `${unit} has no brownout under way`,
      });
    const order = verb === 'start' ? orderOf(plan, { id: epoch, startedMs: this.#clock.now(), step: 0 }) : undefined;
    await this.#parts.controller.brownOut(unit, order, { ...intent, action: `brownout-${verb}` });
    return this.view(unit);
  }

  /** One look at every unit. Never throws. */
  async look(): Promise<void> {
    for (const { plan } of this.#parts.units) {
      const { unit, retirement } = plan;
      const now = this.#parts.recordOf(unit)?.brownout;
      if (!now || !retirement?.brownout) continue;
      await this.#follow(unit, retirement, now).catch((error: unknown) =>
        this.#parts.log.warn({ unit, problem: messageOf(error) }, 'the brownout could not do what is due'),
      );
    }
  }

  async #follow(unit: string, plan: RetirementPlan, now: BrownoutRecord): Promise<void> {
    if (this.#parts.edges.counts(unit)?.brownoutEnded === now.id)
      return this.#change(unit, undefined, 'brownout-restored', 'somebody needs legacy who must not be broken');
    const due = stepAfter(plan.brownout ?? [], this.#clock.now() - now.startedMs);
    if (due === 'over') return this.#change(unit, undefined, 'brownout-over', 'the last step of the plan is over');
    if (due === now.step) return;
    const order = orderOf(plan, { ...now, step: due });
    await this.#change(unit, order, 'brownout-step', `who needs legacy gets ${describeBrownout(order)}`);
  }

  #change(unit: string, order: BrownoutRecord | undefined, action: string, reason: string): Promise<void> {
    return this.#parts.controller.brownOut(unit, order, { who: 'banyan', reason, action });
  }

  #planOf(unit: string): Planned {
    const declared = this.#parts.units.find(({ plan }) => plan.unit === unit);
    if (!declared) throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${unit}"` });
    const { retirement } = declared.plan;
    if (!retirement?.brownout)
      throw cutoverErrors.error('BROWNOUT_REFUSED', { message: `the plan of ${unit} has no retirement.brownout` });
    return { ...retirement, brownout: retirement.brownout };
  }
}
