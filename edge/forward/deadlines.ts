/** Something that must have happened by a time after its start. */
export interface Timed {
  readonly startedAt: number;
  readonly hasStarted: boolean;
  readonly isEndless: boolean;
  /** In place of the limits all others have. */
  readonly deadlineMs: number | undefined;
  /** Its place among the deadlines; kept for whoever manages them. */
  slot: number;
  expire(): void;
}

/**
 * One timer for all exchanges instead of two for each. Places in an array are used again and again: a Set would make a
 * new table every few requests, and each old one, once promoted, keeps the exchanges of its time alive.
 */
export class Deadlines {
  readonly #slots: (Timed | undefined)[] = [];
  readonly #free: number[] = [];
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
    exchange.slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[exchange.slot] = exchange;
  }

  delete(exchange: Timed): void {
    if (this.#slots[exchange.slot] !== exchange) return;
    this.#slots[exchange.slot] = undefined;
    this.#free.push(exchange.slot);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const exchange of this.#slots) {
      if (!exchange) continue;
      const age = now - exchange.startedAt;
      const { deadlineMs } = exchange;
      if (!exchange.hasStarted && age >= (deadlineMs ?? this.#firstByteMs)) exchange.expire();
      else if (!exchange.isEndless && age >= (deadlineMs ?? this.#totalMs)) exchange.expire();
    }
  }
}
