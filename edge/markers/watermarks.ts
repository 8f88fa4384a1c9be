import type { Side } from '../decide/unit-state.ts';

/** Where a subject's last write is in the log of the side it was written on. `at` is opaque to the edge. */
export interface Marker {
  readonly writtenOn: Side;
  readonly at: object;
}

/** How the edge asks about logs and copies. Handed in by whoever runs the streams. */
export interface Watermarks {
  /** The newest position in the log of that side, at or after everything committed before the call. */
  head(unit: string, side: Side): Promise<object>;
  /** True while the service's copy is known to be level with legacy, within the plan's limit. Synchronous and cheap. */
  isLevel(unit: string): boolean;
  /** True when the OTHER side has applied everything up to the marker. Synchronous and cheap. */
  isApplied(unit: string, marker: Marker): boolean;
  /** Needed where there are several edges. */
  readonly positions?: Positions;
}

/** What edges tell each other. */
export interface Positions {
  /** The smallest position after both. */
  merge(a: object, b: object): object;
  encode(at: object): string;
  /** Undefined for a text that is no position. */
  decode(text: string): object | undefined;
}
