import type { Clock } from '../../shared/index.ts';
import { WriteTimes } from './write-times.ts';

export type Wait = 'released' | 'expired' | 'gone';

/** Whose writes are held: nobody's, everybody's, or those of some subjects. */
type Held = 'nobody' | 'everybody' | ReadonlySet<string>;

/**
 * The gate in front of a unit's writes. Open, it counts who is inside; held, newcomers wait with their bodies unread.
 * Admission and count are one step without an await, so no write can slip in between the check and the count. Where
 * single subjects can be held it counts by writer as well: a hold of theirs waits for nobody else.
 */
export class Hold {
  readonly times: WriteTimes;
  readonly #clock: Clock;
  #held: Held = 'nobody';
  #inside = 0;
  readonly #writers: Map<string | undefined, number> | undefined;
  #onLeave: (() => void) | undefined;
  #onRelease: AbortController | undefined;

  constructor(clock: Clock, { byWriter = false }: { readonly byWriter?: boolean } = {}) {
    this.#clock = clock;
    this.times = new WriteTimes(clock);
    if (byWriter) this.#writers = new Map();
  }

  get isHeld(): boolean {
    return this.#held !== 'nobody';
  }

  get inside(): number {
    return this.#inside;
  }

  /** Lets one write in, unless held. Whoever got in must `leave`. Whose it is may be unknown: then it may be anybody's. */
  tryEnter(writer?: string): boolean {
    if (this.#held !== 'nobody' && isAmong(this.#held, writer)) return false;
    if (this.#inside++ === 0) this.times.begin();
    this.#writers?.set(writer, (this.#writers.get(writer) ?? 0) + 1);
    return true;
  }

  leave(writer?: string): void {
    if (--this.#inside === 0) this.times.end();
    if (this.#writers) this.#leaveAs(this.#writers, writer);
    this.#onLeave?.();
  }

  #leaveAs(writers: Map<string | undefined, number>, writer: string | undefined): void {
    const left = (writers.get(writer) ?? 1) - 1;
    if (left > 0) writers.set(writer, left);
    else writers.delete(writer);
  }

  /**
   * Closes the gate, to some subjects only when `writers` are given. True when everybody it concerns has left; false when
   * some were still inside after the budget.
   */
  async hold(budgetMs: number, writers?: readonly string[]): Promise<boolean> {
    this.#onRelease ??= new AbortController();
    const held = writers && this.#writers ? new Set(writers) : 'everybody';
    this.#held = held;
    if (this.#isEmptyOf(held)) return true;
    const emptied = new AbortController();
    this.#onLeave = () => {
      if (this.#isEmptyOf(held)) emptied.abort();
    };
    await this.#clock.sleep(budgetMs, emptied.signal);
    this.#onLeave = undefined;
    return this.#isEmptyOf(held);
  }

  #isEmptyOf(held: Held): boolean {
    if (held === 'everybody' || !this.#writers) return this.#inside === 0;
    for (const writer of this.#writers.keys()) if (isAmong(held, writer)) return false;
    return true;
  }

  /** Opens the gate; those who waited are decided again, with the state of now. */
  release(): void {
    this.#held = 'nobody';
    this.#onRelease?.abort();
    this.#onRelease = undefined;
  }

  /** Waits for the release, the budget or the client to go, whichever is first. */
  async wait(budgetMs: number, gone: AbortSignal): Promise<Wait> {
    const released = this.#onRelease?.signal;
    if (!released) return 'released';
    await this.#clock.sleep(budgetMs, AbortSignal.any([released, gone]));
    if (gone.aborted) return 'gone';
    return released.aborted ? 'released' : 'expired';
  }
}

/** A write of nobody may be of any of them: legacy knows people whom the edge does not. */
function isAmong(held: Held, writer: string | undefined): boolean {
  if (typeof held === 'string') return held === 'everybody';
  return writer === undefined || held.has(writer);
}
