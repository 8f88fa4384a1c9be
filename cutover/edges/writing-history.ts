import type { WritePeriods } from '../../edge/index.ts';
import type { UnitCounts } from '../unit/unit-runtime.ts';

interface Told {
  readonly counts: Readonly<Record<string, UnitCounts>>;
  readonly at: number;
}

/** For how long an edge that is gone may have written what is judged now. */
const REMEMBERED_MS = 120_000;
/** What an edge did after it told last, at most. */
const UNTOLD_MS = 2_000;

/** When writes were inside the edges, also those that have left since. All times are of one clock that never jumps. */
export class WritingHistory {
  readonly #told = new Map<string, Told>();

  hear(edge: string, counts: Readonly<Record<string, UnitCounts>>, at: number): void {
    this.#told.delete(edge);
    this.#told.set(edge, { counts, at });
    for (const [name, { at: heardAt }] of this.#told) if (at - heardAt > REMEMBERED_MS) this.#told.delete(name);
  }

  /** Undefined while one of those that are there has not told. */
  of(unit: string, connected: ReadonlySet<string>, now: number): WritePeriods | undefined {
    const told = [...this.#told].map(([name, one]) => writingOf(one, unit, now, connected.has(name)));
    const known = told.filter((one) => one !== undefined);
    const isTold = [...connected].every((name) => this.#told.get(name)?.counts[unit]?.writing !== undefined);
    if (!isTold) return undefined;
    return { knownMs: Math.min(...known.map(({ knownMs }) => knownMs)), periods: known.flatMap((one) => one.periods) };
  }
}

/** An edge that was connected the whole time knows everything; what one that left did last is taken to be a write. */
function writingOf({ counts, at }: Told, unit: string, now: number, isThere: boolean): WritePeriods | undefined {
  const writing = counts[unit]?.writing;
  if (!writing) return undefined;
  const sinceMs = now - at;
  const periods = writing.periods.map(([from, until]): [number, number] => [from + sinceMs, until + sinceMs]);
  if (isThere) return { knownMs: writing.knownMs, periods };
  return { knownMs: Number.POSITIVE_INFINITY, periods: [...periods, [sinceMs, Math.max(0, sinceMs - UNTOLD_MS)]] };
}
