import type { BrownoutRecord } from '../retirement/brownout-schedule.ts';
import { nextStage, ownerAt, type StageEvent } from '../stage.ts';
import { sidesOf, type Direction, type HandoverMark, type UnitRecord } from './unit-record.ts';

/**
 * What moves with an epoch. Besides its stage a unit is in one of four states, told apart by the mark of a handover:
 *
 * - settled (no mark): the owner of the rows is the one the stage says, its database lets it write and no other. Stages
 *   move here, and a handover may begin.
 * - begun: one process performs the steps before the point of no return. Rows and stage are still those from before;
 *   the giving side's database may already refuse its writers. That process alone commits, or cancels what it has taken
 *   back itself.
 * - taking-back: somebody else has ended the attempt, because the process that began it is gone or too slow. From this
 *   epoch on that process can no longer commit; only then is the fence taken back. There is no way from here to the
 *   other owner.
 * - journalled: the point of no return is passed. Owner and stage are the new ones, the receiving side's database may
 *   not admit its writers yet. There is no way from here but to the end.
 */
export type UnitState = Pick<UnitRecord, 'stage' | 'owner' | 'epoch' | 'handover' | 'brownout'>;

export type UnitEvent =
  | { readonly type: 'step'; readonly step: StageStep; readonly rungs: number }
  | { readonly type: 'begin'; readonly direction: Direction; readonly who: string; readonly reason: string }
  | { readonly type: 'take-back' }
  | { readonly type: 'commit' }
  /** Ends a handover that nothing is left of: one that was cancelled, or one that is done. */
  | { readonly type: 'settle' }
  /** Begins, changes or, with nothing, ends a brownout. Whatever else happens to the unit ends it too. */
  | { readonly type: 'brownout'; readonly order: BrownoutRecord | undefined };

/** Those that do not move rows. */
export type StageStep = Extract<StageEvent, { type: 'advance' | 'go-to' | 'retire' }>;

export type Transition = { readonly next: UnitState } | { readonly refused: string };

/** The one function by which a unit changes; the epoch grows by one with each event that is taken. */
export function nextState(state: UnitState, event: UnitEvent): Transition {
  switch (event.type) {
    case 'step':
      return step(state, event.step, event.rungs);
    case 'begin':
      return begin(state, event);
    case 'take-back':
      return state.handover?.progress === 'begun'
        ? moved(state, { handover: { ...state.handover, progress: 'taking-back' } })
        : refuse(`there is nothing to take back ${whileIn(state)}`);
    case 'commit':
      return commit(state);
    case 'settle':
      return state.handover ? moved(state, {}) : refuse('no handover is under way');
    case 'brownout':
      return brownout(state, event.order);
  }
}

function step(state: UnitState, event: StageStep, rungs: number): Transition {
  if (state.handover) return refuse(`no step is taken ${whileIn(state)}`);
  const stage = nextStage(state.stage, event, rungs);
  return 'next' in stage ? moved(state, { stage: stage.next }) : stage;
}

function begin(state: UnitState, { direction, who, reason }: Extract<UnitEvent, { type: 'begin' }>): Transition {
  if (state.handover) return refuse(`no ${direction} begins ${whileIn(state)}`);
  const stage = nextStage(state.stage, ownershipEvent(direction), 0);
  if ('refused' in stage) return stage;
  return moved(state, { handover: { direction, progress: 'begun', fenceEpoch: state.epoch + 1, who, reason } });
}

function commit(state: UnitState): Transition {
  const { handover } = state;
  if (handover?.progress !== 'begun') return refuse(`nothing is committed ${whileIn(state)}`);
  const stage = nextStage(state.stage, ownershipEvent(handover.direction), 0);
  if ('refused' in stage) return stage;
  const { to: owner } = sidesOf(handover.direction);
  return moved(state, { stage: stage.next, owner, handover: { ...handover, progress: 'journalled' } });
}

function brownout(state: UnitState, order: BrownoutRecord | undefined): Transition {
  if (state.handover) return refuse(`no brownout ${whileIn(state)}`);
  if (state.stage.name !== 'owned') return refuse(`a brownout is of a unit at owned, not at ${state.stage.name}`);
  return moved(state, order ? { brownout: order } : {});
}

function ownershipEvent(direction: Direction): StageEvent {
  return { type: direction === 'cutover' ? 'cut-over' : 'roll-back' };
}

/** Without a mark in `change` the unit is settled. */
function moved(state: UnitState, change: Partial<UnitState>): Transition {
  const { stage, owner, epoch } = state;
  return { next: { stage, owner, epoch: epoch + 1, ...change } };
}

function refuse(refused: string): Transition {
  return { refused };
}

function whileIn({ handover }: UnitState): string {
  return handover ? `while a ${handover.direction} is ${describeProgress(handover)}` : 'while no handover is under way';
}

export function describeProgress({ progress }: HandoverMark): string {
  return progress === 'taking-back' ? 'being taken back' : progress;
}

/** Invariant 2 of the state itself: the stage says who owns the rows, in every state. */
export function isConsistent({ stage, owner }: UnitState): boolean {
  return ownerAt(stage) === owner;
}
