import type { Ceilings } from '../../flags/index.ts';
import type { BrownoutOrder } from './brownout.ts';

/** The two applications a request can be sent to, and the two databases a row can be written in. */
export type Side = 'legacy' | 'service';

export const STAGES = ['legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'] as const;

export type Stage = (typeof STAGES)[number];

/** How far a unit is, as the controller last said. Handed to the edge; never decided here. */
export interface UnitState {
  readonly stage: Stage;
  readonly owner: Side;
  readonly epoch: number;
  /** A handover is under way: the owner may be another one by now. */
  readonly isMoving?: boolean;
  readonly ceilings: Ceilings;
  /** Of the routes that still need legacy. */
  readonly brownout?: BrownoutOrder | undefined;
  /** Subjects whose rows the service owns while legacy owns the rest; absent when there are none. */
  readonly served?: ReadonlySet<string>;
}

export function otherSide(side: Side): Side {
  return side === 'legacy' ? 'service' : 'legacy';
}
