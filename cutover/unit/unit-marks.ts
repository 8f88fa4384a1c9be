import { covers, formatPosition, mergePositions, parsePosition, type Position } from '../../cdc/index.ts';
import type { Watermarks } from '../../edge/index.ts';
import type { Side } from '../stage.ts';
import type { StreamDirection } from './unit-runtime.ts';

/** How far the logs and copies of one unit are, as an edge asks. */
export interface UnitMarks {
  /** Position of `side`'s log, at or after everything committed before the call. */
  head(side: Side): Promise<Position>;
  /** Up to where a stream has applied everything. May be older than the truth, never newer. */
  watermark(direction: StreamDirection): Position;
  /** How long ago the copy was last known to hold everything legacy held; infinite when nobody can tell. */
  levelAgeMs(): number;
}

export interface MarkedUnit {
  readonly marks: UnitMarks;
  /** The plan's limit for the lag. */
  readonly maxLagMs: number;
}

/** Levelness is looked at five times a second; one missed look is no lag. */
const LOOK_SLACK_MS = 500;

/** What an edge asks about logs and copies, answered from marks of this process or of another one. */
export function watermarksOf(units: ReadonlyMap<string, MarkedUnit>): Watermarks {
  const find = (unit: string): MarkedUnit => {
    const found = units.get(unit);
    if (!found) throw new RangeError(`no unit ${unit}`);
    return found;
  };
  return {
    head: (unit, side) => find(unit).marks.head(side),
    isLevel: (unit) => {
      const { marks, maxLagMs } = find(unit);
      return marks.levelAgeMs() <= maxLagMs + LOOK_SLACK_MS;
    },
    isApplied: (unit, marker) => {
      const direction = marker.writtenOn === 'legacy' ? 'forward' : 'reverse';
      return covers(find(unit).marks.watermark(direction), marker.at as Position);
    },
    positions: {
      merge: (a, b) => mergePositions(a as Position, b as Position),
      encode: (at) => formatPosition(at as Position),
      decode,
    },
  };
}

function decode(text: string): Position | undefined {
  try {
    return parsePosition(text);
  } catch {
    return undefined;
  }
}
