import { messageOf, systemClock, type Clock, type Span } from '../../shared/index.ts';

/*
 * A handover moves the ownership of a unit's rows from one side to the other. Cutover and rollback are the same
 * machine with the sides swapped. The contract, step by step:
 *
 *   hold      the edges admit no new write of the unit and wait for the writes in flight. Reads go on.
 *   fence     the giving side's ownership row names the receiver. Its triggers hold a shared lock on that row until
 *             their transaction ends, so the flip waits for every open writer and every later writer is refused.
 *   position  the giving side's log position, read after the fence: no acknowledged write lies beyond it.
 *   catch-up  the stream has applied everything up to that position.
 *   verify    the rows touched since the last clean verification are equal on both sides, through the mapping.
 *   journal   one transaction in the control database: new owner, new stage, new epoch. The point of no return.
 *   grant     the receiving side's ownership row names the receiver: from here its writes are admitted.
 *   release   the edges learn the new epoch, then the held writes go to the new owner.
 *
 * Until the journal row every step can be cancelled and leaves nothing behind (invariant 8). After it the only way is
 * forward; a controller that dies there is finished by the next one from the journal.
 */
export type StepName = 'hold' | 'fence' | 'position' | 'catch-up' | 'verify' | 'journal' | 'grant' | 'release';

export type StepOutcome =
  | { readonly ok: true; readonly detail?: string }
  /** `unknown`: it cannot be told whether the step took place, so nothing may be undone. */
  | { readonly ok: false; readonly reason: string; readonly unknown?: true };

/** What a handover does to the world. The dry run is a second implementation of the same interface. */
export interface HandoverActions {
  hold(): Promise<StepOutcome>;
  fence(): Promise<StepOutcome>;
  position(): Promise<StepOutcome>;
  catchUp(): Promise<StepOutcome>;
  verify(): Promise<StepOutcome>;
  journal(): Promise<StepOutcome>;
  grant(): Promise<StepOutcome>;
  release(): Promise<StepOutcome>;
  /** Takes the fence back. Must be safe to call whether or not the fence was reached. */
  unfence(): Promise<void>;
  /** Lets held writes go where they went before. Must be safe to call whether or not anything is held. */
  letGo(): Promise<void>;
}

export interface StepReport {
  readonly step: StepName;
  readonly ms: number;
  readonly detail?: string;
}

export type HandoverResult =
  | { readonly outcome: 'done'; readonly holdMs: number; readonly steps: readonly StepReport[] }
  | {
      readonly outcome: 'cancelled';
      readonly at: StepName;
      readonly reason: string;
      readonly steps: readonly StepReport[];
    }
  | {
      readonly outcome: 'half-done';
      readonly at: StepName;
      readonly reason: string;
      readonly steps: readonly StepReport[];
    };

export interface HandoverOptions {
  readonly clock?: Clock;
  /** Aborting cancels before the journal row and does nothing after it. */
  readonly signal?: AbortSignal;
  readonly onStep?: (report: StepReport) => void;
  /** Begins the span of a step; absent means that nothing is traced. */
  readonly beginSpan?: (step: StepName) => Span;
}

const cancellable = ['hold', 'fence', 'position', 'catch-up', 'verify', 'journal'] as const;
const final = ['grant', 'release'] as const;

export async function runHandover(actions: HandoverActions, options: HandoverOptions = {}): Promise<HandoverResult> {
  const { clock = systemClock, signal } = options;
  const startedAt = clock.now();
  const steps: StepReport[] = [];
  for (const step of cancellable) {
    if (signal?.aborted) return cancel(actions, step, 'cancelled by the operator', steps);
    const outcome = await runStep(actions, step, steps, options);
    if (!outcome.ok && outcome.unknown) return { outcome: 'half-done', at: step, reason: outcome.reason, steps };
    if (!outcome.ok) return cancel(actions, step, outcome.reason, steps);
  }
  for (const step of final) {
    const outcome = await runStep(actions, step, steps, options);
    if (!outcome.ok) return { outcome: 'half-done', at: step, reason: outcome.reason, steps };
  }
  return { outcome: 'done', holdMs: clock.now() - startedAt, steps };
}

/**
 * The order matters: legacy must accept writes again before the held ones are let go. When even that fails it is for the
 * caller to insist on, from what the control database says.
 */
async function cancel(
  actions: HandoverActions,
  at: StepName,
  reason: string,
  steps: StepReport[],
): Promise<HandoverResult> {
  try {
    await actions.unfence();
    await actions.letGo();
  } catch (error) {
    return { outcome: 'half-done', at, reason: `${reason}; not taken back yet: ${messageOf(error)}`, steps };
  }
  return { outcome: 'cancelled', at, reason, steps };
}

async function runStep(
  actions: HandoverActions,
  step: StepName,
  steps: StepReport[],
  { clock = systemClock, onStep, beginSpan }: HandoverOptions,
): Promise<StepOutcome> {
  const startedAt = clock.now();
  const span = beginSpan?.(step);
  const outcome = await perform(actions, step);
  span?.end(outcome.ok ? undefined : outcome.unknown ? 'unknown' : 'refused');
  if (!outcome.ok) return outcome;
  const report = {
    step,
    ms: clock.now() - startedAt,
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
  };
  steps.push(report);
  onStep?.(report);
  return outcome;
}

async function perform(actions: HandoverActions, step: StepName): Promise<StepOutcome> {
  try {
    return await call(actions, step);
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

function call(actions: HandoverActions, step: StepName): Promise<StepOutcome> {
  switch (step) {
    case 'catch-up':
      return actions.catchUp();
    default:
      return actions[step]();
  }
}
