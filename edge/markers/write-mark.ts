import type { Side } from '../decide/unit-state.ts';
import type { Announcement, ForeignMark } from './mark-exchange.ts';
import type { SideMarks } from './marker-store.ts';

/** How a write ended: `unsent` never reached the application, `unknown` may still be committed later. */
export type WriteEnd = 'answered' | 'unsent' | 'unknown';

/** What a mark needs of the unit it is in. */
export interface MarkHome {
  /** Milliseconds for which a write whose answer was lost may still be at work. */
  readonly unknownOutcomeMs: number;
  sleep(ms: number): Promise<void>;
  /** A position of that side's log, not older than this call; undefined when the edge is closing. */
  sample(side: Side): Promise<object | undefined>;
  /** Takes one pending write out of each, leaving its position. */
  resolve(marks: readonly SideMarks[], at: object | undefined): void;
  encode(at: object): string;
  /** Undefined for what is no position. */
  decode(text: string): object | undefined;
}

/** The marks one write makes in one unit, from before it is forwarded until a position after it is known. */
export class WriteMark {
  readonly announcement: Announcement | undefined;
  readonly #home: MarkHome;
  readonly #marks: readonly SideMarks[];
  readonly #side: Side;

  constructor(home: MarkHome, marks: readonly SideMarks[], side: Side, announcement?: Announcement) {
    this.#home = home;
    this.#marks = marks;
    this.#side = side;
    this.announcement = announcement;
  }

  /** To be called once. `settleMs`: how long the application goes on writing after its answer. */
  async end(how: WriteEnd, settleMs = 0): Promise<void> {
    const home = this.#home;
    if (how === 'unsent') return this.#close(undefined);
    const waitMs = how === 'unknown' ? home.unknownOutcomeMs : settleMs;
    if (waitMs > 0) await home.sleep(waitMs);
    const at = await home.sample(this.#side);
    if (at) this.#close(at); // Else closing: the mark stays, and the next process starts with a floor.
  }

  #close(at: object | undefined): void {
    this.#home.resolve(this.#marks, at);
    this.announcement?.end(at && this.#home.encode(at));
  }
}

/** The marks that a write makes here which did not pass here. */
export class ForeignWrite implements ForeignMark {
  readonly #home: MarkHome;
  readonly #marks: readonly SideMarks[];
  readonly #side: Side;

  constructor(home: MarkHome, marks: readonly SideMarks[], side: Side) {
    this.#home = home;
    this.#marks = marks;
    this.#side = side;
  }

  end(text: string | undefined): void {
    const at = text === undefined ? undefined : this.#home.decode(text);
    if (text !== undefined && at === undefined) return void this.find(0);
    this.#home.resolve(this.#marks, at);
  }

  abandon(): void {
    void this.find(this.#home.unknownOutcomeMs);
  }

  drop(): void {
    this.#home.resolve(this.#marks, undefined);
  }

  /** Takes a position of our own, in place of one that nobody tells, when the write is over. */
  async find(waitMs: number): Promise<void> {
    if (waitMs > 0) await this.#home.sleep(waitMs);
    const at = await this.#home.sample(this.#side);
    if (at) this.#home.resolve(this.#marks, at);
  }
}
