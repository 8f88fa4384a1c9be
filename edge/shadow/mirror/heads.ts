/**
 * Where a log ends, asked for many at once: one question is under way at a time, and whoever comes meanwhile shares the
 * next one, because the answer under way may be older than what they must cover.
 */
export class Heads {
  readonly #ask: () => Promise<object>;
  #next: Promise<object> | undefined;
  #current: Promise<unknown> = Promise.resolve();

  constructor(ask: () => Promise<object>) {
    this.#ask = ask;
  }

  /** A position at or after everything that was committed before the call. */
  now(): Promise<object> {
    this.#next ??= this.#current.then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<object> {
    this.#next = undefined;
    const asked = this.#ask();
    this.#current = asked.catch(() => undefined); // Whoever asked hears of it.
    return asked;
  }
}
