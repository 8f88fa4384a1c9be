import type { BrownoutRecord } from '../retirement/brownout-schedule.ts';
import { nextStage, ownerAt, type StageEvent } from '../stage.ts';
import {
  sidesOf,
  type CohortMark,
  type Cohorts,
  type Direction,
  type HandoverMark,
  type UnitRecord,
} from './unit-record.ts';

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
 *
 * A handover of a cohort goes the same way and leaves stage and owner as they are: `cohorts` says whose rows the service
 * owns besides. That is possible at stage reads only, where both streams run; and the unit stays there until every cohort
 * is back, for a unit that moves as a whole has no exceptions.
 */
export type UnitState = Pick<UnitRecord, 'stage' | 'owner' | 'epoch' | 'handover' | 'brownout' | 'cohorts'>;

export type UnitEvent =
  | { readonly type: 'step'; readonly step: StageStep; readonly rungs: number }
  | {
      readonly type: 'begin';
      readonly direction: Direction;
      readonly who: string;
      readonly reason: string;
      readonly cohort?: CohortMark;
    }
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
  if (state.cohorts) return refuse(`no step is taken ${whileAway(state.cohorts)}`);
  const stage = nextStage(state.stage, event, rungs);
  return 'next' in stage ? moved(state, { stage: stage.next }) : stage;
}

function begin(state: UnitState, event: Extract<UnitEvent, { type: 'begin' }>): Transition {
  const { direction, who, reason, cohort } = event;
  if (state.handover) return refuse(`no ${direction} begins ${whileIn(state)}`);
  const refusal = cohort ? refusalOf(state, direction, cohort) : refusalOfWhole(state, direction);
  if (refusal !== undefined) return refuse(refusal);
  const mark = { direction, progress: 'begun', fenceEpoch: state.epoch + 1, who, reason } as const;
  return moved(state, { handover: { ...mark, ...(cohort && { cohort }) } });
}

function refusalOfWhole({ stage, cohorts }: UnitState, direction: Direction): string | undefined {
  if (cohorts) return `no ${direction} begins ${whileAway(cohorts)}`;
  const next = nextStage(stage, ownershipEvent(direction), 0);
  return 'refused' in next ? next.refused : undefined;
}

function refusalOf({ stage, cohorts = {} }: UnitState, direction: Direction, { name, keys }: CohortMark) {
  if (stage.name !== 'reads') return `a cohort’s writes move at stage reads only, this is ${stage.name}`;
  if (direction === 'rollback' && !Object.hasOwn(cohorts, name)) return `legacy owns the rows of cohort ${name}`;
  return keys.length === 0 ? `cohort ${name} has nobody to move` : undefined;
}

function commit(state: UnitState): Transition {
  const { handover } = state;
  if (handover?.progress !== 'begun') return refuse(`nothing is committed ${whileIn(state)}`);
  const journalled = { ...handover, progress: 'journalled' } as const;
  if (handover.cohort) {
    const { cohorts: _, ...others } = state;
    return moved(others, { handover: journalled, ...withCohort(state.cohorts, handover.direction, handover.cohort) });
  }
  const stage = nextStage(state.stage, ownershipEvent(handover.direction), 0);
  if ('refused' in stage) return stage;
  const { to: owner } = sidesOf(handover.direction);
  return moved(state, { stage: stage.next, owner, handover: journalled });
}

function withCohort(before: Cohorts = {}, direction: Direction, { name, keys }: CohortMark): { cohorts?: Cohorts } {
  const { [name]: own = [], ...others } = before;
  const cohorts = direction === 'cutover' ? { ...others, [name]: [...own, ...keys] } : others;
  return Object.keys(cohorts).length > 0 ? { cohorts } : {};
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
  const { stage, owner, epoch, cohorts } = state;
  return { next: { stage, owner, epoch: epoch + 1, ...(cohorts && { cohorts }), ...change } };
}

function refuse(refused: string): Transition {
  return { refused };
}

function whileAway(cohorts: Cohorts): string {
  const [first, ...rest] = Object.keys(cohorts);
  const who = [`cohort ${first}`, ...rest].join(', ');
  return `while the service owns the rows of ${who}: first run banyan cohort <unit> ${first} return`;
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
