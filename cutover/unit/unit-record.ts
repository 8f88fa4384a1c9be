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
  readonly who: string;
  readonly reason: string;
}

export type Direction = 'cutover' | 'rollback';

/** From which side to which ownership moves. */
export function sidesOf(direction: Direction): { from: Side; to: Side } {
  return direction === 'cutover' ? { from: 'legacy', to: 'service' } : { from: 'service', to: 'legacy' };
}
