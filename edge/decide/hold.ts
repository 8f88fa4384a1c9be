import type { Clock } from '../../shared/index.ts';
import { WriteTimes } from './write-times.ts';

export type Wait = 'released' | 'expired' | 'gone';

/**
 * The gate in front of a unit's writes. Open, it counts who is inside; held, newcomers wait with their bodies unread.
 * Admission and count are one step without an await, so no write can slip in between the check and the count.
 */
export class Hold {
  readonly times: WriteTimes;
  readonly #clock: Clock;
  #isHeld = false;
  #inside = 0;
  #onEmpty: (() => void) | undefined;
  #onRelease: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.times = new WriteTimes(clock);
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Lets one write in, unless held. Whoever got in must `leave`. */
  tryEnter(): boolean {
    if (this.#isHeld) return false;
    if (this.#inside++ === 0) this.times.begin();
    return true;
  }

  leave(): void {
    if (--this.#inside > 0) return;
    this.times.end();
    this.#onEmpty?.();
  }

  /** Closes the gate. True when everybody inside has left; false when some were still there after the budget. */
  async hold(budgetMs: number): Promise<boolean> {
    this.#onRelease ??= new AbortController();
    this.#isHeld = true;
    if (this.#inside === 0) return true;
    const emptied = new AbortController();
    this.#onEmpty = () => emptied.abort();
    await this.#clock.sleep(budgetMs, emptied.signal);
    this.#onEmpty = undefined;
    return this.#inside === 0;
  }

  /** Opens the gate; those who waited are decided again, with the state of now. */
  release(): void {
    this.#isHeld = false;
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
