/**
 * Tells a request that was counted lately from a new one: a client that polls asks the same question a thousand times
 * and learns nothing by it. Remembers for one to two windows. When it can remember no more, everything counts as a
 * repetition: too few samples are the smaller harm.
 */
export class RepeatWindow {
  readonly #windowMs: number;
  readonly #limit: number;
  #now = new Set<number>();
  #before = new Set<number>();
  #startedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ windowMs, limit }: { readonly windowMs: number; readonly limit: number }) {
    this.#windowMs = windowMs;
    this.#limit = limit;
  }

  /** False when it is a repetition; what is new is remembered. */
  isNew(hash: number, atMs: number): boolean {
    this.#turn(atMs);
    if (this.#now.has(hash) || this.#before.has(hash) || this.#now.size >= this.#limit) return false;
    this.#now.add(hash);
    return true;
  }

  #turn(atMs: number): void {
    const passed = atMs - this.#startedAtMs;
    if (passed < this.#windowMs) return;
    this.#before = passed < 2 * this.#windowMs ? this.#now : new Set();
    this.#now = new Set();
    this.#startedAtMs = atMs;
  }
}
