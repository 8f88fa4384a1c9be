import type { BrownoutRecord } from '../retirement/brownout-schedule.ts';
import type { Side, Stage } from '../stage.ts';

/**
 * What the control database knows about one unit. Changed only by compare-and-set on `epoch`, which grows with every
 * change; an older epoch can therefore never undo a newer one.
 */
export interface UnitRecord {
  readonly unit: string;
  readonly stage: Stage;
  /** Who may write the unit's rows. Follows the stage; the databases follow it, between the fence and the end of a handover later. */
  readonly owner: Side;
  readonly epoch: number;
  /** Owner keys by cohort whose rows the service owns while legacy owns the rest; absent when there are none. */
  readonly cohorts?: Cohorts;
  /** A cutover or rollback under way, or one that a crash interrupted. */
  readonly handover?: HandoverMark;
  /** At owned: how whoever still needs legacy is treated for a time. */
  readonly brownout?: BrownoutRecord;
  readonly planDigest: string;
  readonly changedAt: string;
  readonly changedBy: string;
}

/** How far a handover is, for whoever has to finish or cancel it. */
export interface HandoverMark {
  readonly direction: Direction;
  /** What each means is said at `nextState`. */
  readonly progress: 'begun' | 'taking-back' | 'journalled';
  /** The epoch the fence carries; the unit's epoch once journalled. */
  readonly fenceEpoch: number;
  /** Of a handover of single keys: those that move, and for which cohort. The unit itself stays where it is. */
  readonly cohort?: CohortMark;
  readonly who: string;
  readonly reason: string;
}

export type Cohorts = Readonly<Record<string, readonly string[]>>;

export interface CohortMark {
  readonly name: string;
  readonly keys: readonly string[];
}

export type Direction = 'cutover' | 'rollback';

/** From which side to which ownership moves. */
export function sidesOf(direction: Direction): { from: Side; to: Side } {
  return direction === 'cutover' ? { from: 'legacy', to: 'service' } : { from: 'service', to: 'legacy' };
}

/** What the journal calls a handover. */
export function handoverName({ direction, cohort }: Pick<HandoverMark, 'direction' | 'cohort'>): string {
  if (!cohort) return direction;
  return direction === 'cutover' ? 'cohort-move' : 'cohort-return';
}

/** Every key that the service owns by itself. */
export function servedKeys({ cohorts = {} }: Pick<UnitRecord, 'cohorts'>): string[] {
  return Object.values(cohorts).flat();
}
