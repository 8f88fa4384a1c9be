import type { Clock, Log } from '../../shared/index.ts';
import { MemoryMarkerStore, type MarkerStore, type SideMarks } from './marker-store.ts';
import { Sampler, type Sample } from './sampler.ts';
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
}

export interface MarkersOptions {
  readonly unit: string;
  readonly watermarks: Watermarks;
  readonly clock: Clock;
  readonly log: Log;
  readonly store?: MarkerStore;
  /** How long a write whose answer was lost may still be at work: the application's own request timeout. */
  readonly unknownOutcomeMs: number;
}

/** How a write ended: `unsent` never reached the application, `unknown` may still be committed later. */
export type WriteEnd = 'answered' | 'unsent' | 'unknown';

const SWEEP = 5000;

/**
 * Read-your-own-writes for one unit (invariant 1). A subject is marked from before its write is forwarded until the
 * other side has applied a position sampled after the write ended; nothing in between can be mistaken for "applied".
 * What is forgotten (at a start, or for want of room) is covered by a floor: a mark on everybody.
 */
export class Markers {
  readonly #options: MarkersOptions;
  readonly #store: MarkerStore;
  readonly #samplers: Record<Side, Sampler>;
  readonly #floor: Record<Side, SideMarks> = { legacy: noMarks(), service: noMarks() };
  readonly #stop = new AbortController();

  constructor(options: MarkersOptions) {
    const { unit, watermarks, clock, log } = options;
    this.#options = options;
    this.#store = options.store ?? new MemoryMarkerStore();
    this.#samplers = {
      legacy: new Sampler(() => watermarks.head(unit, 'legacy'), clock, log),
      service: new Sampler(() => watermarks.head(unit, 'service'), clock, log),
    };
  }

  get size(): number {
    return this.#store.size;
  }

  /** Treats every subject as having just written on `side`: a fresh process does not know who has. */
  async raiseFloor(side: Side): Promise<void> {
    const floor = this.#floor[side];
    floor.pending++;
    keepNewest(floor, await this.#samplers[side].sample());
    floor.pending--;
  }

  /** To be called before an unsafe request is forwarded. Without a subject it may be anybody's: all are marked. */
  begin(subjectId: string | undefined, side: Side): void {
    if (subjectId === undefined) return void this.#floor[side].pending++;
    const { marks, evicted } = this.#store.open(subjectId);
    marks[side].pending++;
    if (!evicted) return;
    keepNewest(this.#floor.legacy, evicted.legacy.sample);
    keepNewest(this.#floor.service, evicted.service.sample);
  }

  /** To be called once for each `begin`, when the write has ended. */
  async end(subjectId: string | undefined, side: Side, how: WriteEnd): Promise<void> {
    const marks = subjectId === undefined ? this.#floor[side] : this.#store.get(subjectId)?.[side];
    if (!marks) return;
    if (how === 'unknown') await this.#options.clock.sleep(this.#options.unknownOutcomeMs, this.#stop.signal);
    if (how !== 'unsent') {
      const sample = await this.#samplers[side].sample();
      if (!sample) return; // Closing: the mark stays, and the next process starts with a floor.
      keepNewest(marks, sample);
    }
    marks.pending--;
  }

  /** True when the other side shows everything this subject wrote on `side`. */
  isApplied(subjectId: string, side: Side): boolean {
    if (!this.#isCleared(this.#floor[side], side)) return false;
    const marks = this.#store.get(subjectId);
    return marks === undefined || this.#isCleared(marks[side], side);
  }

  /** Forgets marks that are applied, oldest first, and stops at the first that is not. */
  sweep(): void {
    let seen = 0;
    for (const [subjectId, marks] of this.#store.entries()) {
      if (++seen > SWEEP || !this.#isCleared(marks.legacy, 'legacy') || !this.#isCleared(marks.service, 'service'))
        return;
      this.#store.drop(subjectId);
    }
  }

  close(): void {
    this.#stop.abort();
    this.#samplers.legacy.close();
    this.#samplers.service.close();
  }

  #isCleared(marks: SideMarks, side: Side): boolean {
    if (marks.pending > 0) return false;
    if (marks.sample === undefined) return true;
    const marker = { writtenOn: side, at: marks.sample.at };
    if (!this.#options.watermarks.isApplied(this.#options.unit, marker)) return false;
    marks.sample = undefined;
    return true;
  }
}

function noMarks(): SideMarks {
  return { pending: 0, sample: undefined };
}

function keepNewest(marks: SideMarks, sample: Sample | undefined): void {
  if (sample && sample.sequence > (marks.sample?.sequence ?? 0)) marks.sample = sample;
}
