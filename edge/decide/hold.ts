import type { Clock } from '../../shared/index.ts';

export type Wait = 'released' | 'expired' | 'gone';

/**
 * The gate in front of a unit's writes. Open, it counts who is inside; held, newcomers wait with their bodies unread.
 * Admission and count are one step without an await, so no write can slip in between the check and the count.
 */
export class Hold {
  readonly #clock: Clock;
  #isHeld = false;
  #inside = 0;
  #onEmpty: (() => void) | undefined;
  #onRelease: AbortController | undefined;
  #lease: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
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
    this.#inside++;
    return true;
  }

  leave(): void {
    this.#inside--;
    if (this.#inside === 0) this.#onEmpty?.();
  }

  /**
   * Closes the gate. True when everybody inside has left; false when some were still there after the budget. With a
   * lease it opens by itself unless the lease is renewed: whoever closed it may be gone for good.
   */
  async hold(budgetMs: number, leaseMs?: number): Promise<boolean> {
    if (!this.#isHeld) this.#onRelease = new AbortController();
    this.#isHeld = true;
    if (leaseMs !== undefined) void this.#lend(leaseMs);
    if (this.#inside === 0) return true;
    const emptied = new AbortController();
    this.#onEmpty = () => emptied.abort();
    await this.#clock.sleep(budgetMs, emptied.signal);
    this.#onEmpty = undefined;
    return this.#inside === 0;
  }

  /** Begins the lease of a closed gate anew. An open one stays open: the hold is over. */
  renew(leaseMs: number): void {
    if (this.#isHeld) void this.#lend(leaseMs);
  }

  async #lend(leaseMs: number): Promise<void> {
    this.#lease?.abort();
    const lease = new AbortController();
    this.#lease = lease;
    await this.#clock.sleep(leaseMs, lease.signal);
    if (!lease.signal.aborted) this.release();
  }

  /** Opens the gate; those who waited are decided again, with the state of now. */
  release(): void {
    this.#lease?.abort();
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
