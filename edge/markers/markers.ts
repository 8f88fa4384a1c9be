import type { Clock, Log } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import type { MarkExchange, SharedMark } from './mark-exchange.ts';
import { MarkerStore, noMarks, type SideMarks } from './marker-store.ts';
import { Sampler } from './sampler.ts';
import type { Watermarks } from './watermarks.ts';
import { ForeignWrite, WriteMark, type MarkHome } from './write-mark.ts';

export interface MarkersOptions {
  readonly unit: string;
  readonly watermarks: Watermarks;
  readonly clock: Clock;
  readonly log: Log;
  /** The other edges; absent when there can be none. */
  readonly exchange?: MarkExchange | undefined;
  /** How many subjects, and how many entities, are remembered one by one. */
  readonly room?: { readonly subjects: number; readonly entities: number };
  /** How long a write whose answer was lost may still be at work: the application's own request timeout. */
  readonly unknownOutcomeMs: number;
}

/** Who wrote, and what: `<entity>/<id>`. Neither: it may be anybody's, and everybody is marked. */
export type MarkKeys = Pick<SharedMark, 'subject' | 'entity'>;

const ROOM = { subjects: 100_000, entities: 100_000 };
const SWEEP = 5000;

/**
 * Read-your-own-writes for one unit (invariant 1). A subject, and the entity it wrote, are marked from before the write is
 * forwarded until the other side has applied a position sampled after the write ended; nothing in between can be mistaken
 * for "applied". What is forgotten (at a start, or for want of room) is covered by a floor: a mark on everybody.
 */
export class Markers implements MarkHome {
  readonly unknownOutcomeMs: number;
  readonly #options: MarkersOptions;
  readonly #subjects: MarkerStore;
  readonly #entities: MarkerStore;
  readonly #samplers: Record<Side, Sampler>;
  readonly #floor: Record<Side, SideMarks> = { legacy: noMarks(), service: noMarks() };
  readonly #floorSince: Record<Side, number> = { legacy: Number.NEGATIVE_INFINITY, service: Number.NEGATIVE_INFINITY };
  readonly #stop = new AbortController();

  constructor(options: MarkersOptions) {
    const { unit, watermarks, clock, log, room = ROOM } = options;
    this.#options = options;
    this.unknownOutcomeMs = options.unknownOutcomeMs;
    this.#subjects = new MarkerStore(room.subjects);
    this.#entities = new MarkerStore(room.entities);
    this.#samplers = {
      legacy: new Sampler(() => watermarks.head(unit, 'legacy'), clock, log),
      service: new Sampler(() => watermarks.head(unit, 'service'), clock, log),
    };
  }

  /** Subjects and entities that are remembered one by one. */
  get size(): number {
    return this.#subjects.size + this.#entities.size;
  }

  get hasEntities(): boolean {
    return this.#entities.size > 0;
  }

  /** Treats everybody as having just written on `side`: of a fresh process, or a changed world, nobody knows who has. */
  async raiseFloor(side: Side): Promise<void> {
    const floor = this.#floor[side];
    floor.pending++;
    this.#floorSince[side] = performance.now();
    this.resolve([floor], await this.sample(side));
  }

  /** To be called before an unsafe request is forwarded; what is answered is to be ended once the request has. */
  begin(keys: MarkKeys, side: Side): WriteMark {
    const { exchange, unit } = this.#options;
    return new WriteMark(this, this.#open(keys, side), side, exchange?.announce({ unit, side, ...keys }));
  }

  /**
   * The same for a read that the owner answers in the place of the copy: what the subject sees there it must not un-see.
   * Only this edge knows.
   */
  beginRead(subject: string, side: Side): WriteMark {
    return new WriteMark(this, this.#open({ subject, entity: undefined }, side), side);
  }

  begunElsewhere(mark: SharedMark): ForeignWrite {
    return new ForeignWrite(this, this.#open(mark, mark.side), mark.side);
  }

  /** True when the other side shows everything this subject wrote on `side`, and everything written there to the entity. */
  isApplied(subject: string, entity: string | undefined, side: Side): boolean {
    if (!this.isCleared(this.#floor[side], side)) return false;
    const marks = this.#subjects.get(subject);
    if (marks !== undefined && !this.isCleared(marks[side], side)) return false;
    return entity === undefined || this.#isClear(this.#entities, entity, side);
  }

  /** True when the other side shows everything that was on `side` at a moment (of `performance.now()`). */
  isCovered(side: Side, since: number): boolean {
    return this.#floorSince[side] >= since && this.isCleared(this.#floor[side], side);
  }

  /** True when the other side shows everything of these. */
  isCleared(marks: SideMarks, side: Side): boolean {
    if (marks.pending > 0) return false;
    if (marks.at === undefined) return true;
    if (!this.#options.watermarks.isApplied(this.#options.unit, { writtenOn: side, at: marks.at })) return false;
    marks.at = undefined;
    return true;
  }

  /** A mark of its own, for a write on `side` that is over in `waitMs` at the latest. */
  sight(side: Side, waitMs: number): SideMarks {
    const marks = { pending: 1, at: undefined };
    void new ForeignWrite(this, [marks], side).find(waitMs);
    return marks;
  }

  /** Forgets marks that are applied, oldest first, and stops at the first that is not. */
  sweep(): void {
    for (const store of [this.#subjects, this.#entities]) this.#sweep(store);
  }

  close(): void {
    this.#stop.abort();
    this.#samplers.legacy.close();
    this.#samplers.service.close();
  }

  sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#stop.signal);
  }

  sample(side: Side): Promise<object | undefined> {
    return this.#samplers[side].sample();
  }

  resolve(marks: readonly SideMarks[], at: object | undefined): void {
    for (const mark of marks) {
      mark.pending--;
      this.#keep(mark, at);
    }
  }

  encode(at: object): string {
    return this.#options.watermarks.positions?.encode(at) ?? '';
  }

  decode(text: string): object | undefined {
    return this.#options.watermarks.positions?.decode(text);
  }

  #open({ subject, entity }: MarkKeys, side: Side): SideMarks[] {
    const opened: SideMarks[] = [];
    if (subject === undefined && entity === undefined) opened.push(this.#pending(this.#floor[side]));
    if (subject !== undefined) opened.push(this.#openOne(this.#subjects, subject, side));
    if (entity !== undefined) opened.push(this.#openOne(this.#entities, entity, side));
    return opened;
  }

  #openOne(store: MarkerStore, key: string, side: Side): SideMarks {
    const { marks, evicted } = store.open(key);
    if (evicted) for (const one of ['legacy', 'service'] as const) this.#keep(this.#floor[one], evicted[one].at);
    return this.#pending(marks[side]);
  }

  #pending(marks: SideMarks): SideMarks {
    marks.pending++;
    return marks;
  }

  #keep(marks: SideMarks, at: object | undefined): void {
    if (!at) return;
    // Of the samples of this edge the later is never before the earlier.
    const { positions } = this.#options.watermarks;
    marks.at = marks.at && positions ? positions.merge(marks.at, at) : at;
  }

  #sweep(store: MarkerStore): void {
    let seen = 0;
    for (const [key, marks] of store.entries()) {
      if (++seen > SWEEP || !this.isCleared(marks.legacy, 'legacy') || !this.isCleared(marks.service, 'service'))
        return;
      store.drop(key);
    }
  }

  #isClear(store: MarkerStore, key: string, side: Side): boolean {
    const marks = store.get(key);
    return marks === undefined || this.isCleared(marks[side], side);
  }
}
