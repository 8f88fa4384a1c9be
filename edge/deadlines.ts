/** Something that must have happened by a time after its start. */
export interface Timed {
  readonly startedAt: number;
  readonly hasStarted: boolean;
  readonly isEndless: boolean;
  expire(): void;
}

/** One timer for all exchanges instead of two for each: they start in order, so the oldest is looked at first. */
export class Deadlines {
  readonly #exchanges = new Set<Timed>();
  readonly #firstByteMs: number;
  readonly #totalMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(firstByteMs: number, totalMs: number) {
    this.#firstByteMs = firstByteMs;
    this.#totalMs = totalMs;
    const everyMs = Math.max(5, Math.min(250, Math.min(firstByteMs, totalMs) / 4));
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  add(exchange: Timed): void {
    this.#exchanges.add(exchange);
  }

  delete(exchange: Timed): void {
    this.#exchanges.delete(exchange);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const soonest = Math.min(this.#firstByteMs, this.#totalMs);
    for (const exchange of this.#exchanges) {
      const age = now - exchange.startedAt;
      if (age < soonest) return;
      if (!exchange.hasStarted && age >= this.#firstByteMs) exchange.expire();
      else if (!exchange.isEndless && age >= this.#totalMs) exchange.expire();
    }
  }
}
