import type { Clock } from '../../shared/index.ts';

/** When writes of a unit were inside the edge, as ages in milliseconds: from and until when. */
export interface WritePeriods {
  /** Nothing is known of what was longer ago. */
  readonly knownMs: number;
  readonly periods: readonly (readonly [fromAgoMs: number, untilAgoMs: number])[];
}

/** How long a period is told of. */
const KEEP_MS = 60_000;
/** Periods closer to each other are one: so that no more of them fit into the time they are kept than there is room for. */
const APART_MS = 1_000;
const ROOM = 64;

/**
 * Remembers when any write was inside: whatever legacy's database has committed at another time, nobody wrote through
 * this edge. Numbers only, and none while a write is inside already.
 */
export class WriteTimes {
  readonly #clock: Clock;
  readonly #since: number;
  readonly #from = new Float64Array(ROOM);
  readonly #until = new Float64Array(ROOM);
  #last = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** The first one is inside. */
  begin(): void {
    const now = this.#clock.now();
    if (this.#last < 0 || now - (this.#until[this.#last % ROOM] ?? 0) >= APART_MS)
      this.#from[++this.#last % ROOM] = now;
    this.#until[this.#last % ROOM] = Number.POSITIVE_INFINITY;
  }

  /** The last one has left. */
  end(): void {
    this.#until[this.#last % ROOM] = this.#clock.now();
  }

  value(): WritePeriods {
    const now = this.#clock.now();
    const periods: [number, number][] = [];
    for (let i = Math.max(0, this.#last - ROOM + 1); i <= this.#last; i++) {
      const untilAgoMs = Math.max(0, now - (this.#until[i % ROOM] ?? 0));
      if (untilAgoMs <= KEEP_MS) periods.push([now - (this.#from[i % ROOM] ?? 0), untilAgoMs]);
    }
    return { knownMs: Math.min(KEEP_MS, now - this.#since), periods };
  }
}
