import type { Upload } from './upload.ts';

/** Something that must have happened by a time after its start. */
export interface Timed {
  readonly startedAt: number;
  readonly hasStarted: boolean;
  readonly isEndless: boolean;
  /** In place of the limits all others have. */
  readonly deadlineMs: number | undefined;
  /** The request's body while it comes in. */
  readonly upload: Upload | undefined;
  /** Its place among the deadlines; kept for whoever manages them. */
  slot: number;
  expire(): void;
  /** The client sends its body more slowly than is allowed. */
  giveUpOnClient(): void;
}

export interface TimeLimits {
  /** From the end of the request to the head of the answer; also how long a target may take nothing of a body. */
  readonly firstByteMs: number;
  /** From the end of the request to the end of the answer. */
  readonly totalMs: number;
  /** In each while of this length a body must come at `minBodyBytesPerS` or more. */
  readonly bodyGraceMs: number;
  readonly minBodyBytesPerS: number;
}

/**
 * One timer for all exchanges instead of two for each. Places in an array are used again and again: a Set would make a
 * new table every few requests, and each old one, once promoted, keeps the exchanges of its time alive.
 */
export class Deadlines {
  readonly #slots: (Timed | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #limits: TimeLimits;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: TimeLimits) {
    this.#limits = limits;
    const shortest = Math.min(limits.firstByteMs, limits.totalMs, limits.bodyGraceMs);
    this.#timer = setInterval(() => this.#look(), Math.max(5, Math.min(250, shortest / 4)));
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
      const { upload } = exchange;
      if (upload && !upload.isDone) this.#lookAtUpload(exchange, upload, now);
      else this.#lookAtAnswer(exchange, now);
    }
  }

  #lookAtAnswer(exchange: Timed, now: number): void {
    const { deadlineMs, upload } = exchange;
    const age = now - (upload?.endedAt ?? exchange.startedAt);
    if (!exchange.hasStarted && age >= (deadlineMs ?? this.#limits.firstByteMs)) exchange.expire();
    else if (!exchange.isEndless && age >= (deadlineMs ?? this.#limits.totalMs)) exchange.expire();
  }

  /** Whose fault it is that nothing moves: the target's, who takes nothing, or the client's. */
  #lookAtUpload(exchange: Timed, upload: Upload, now: number): void {
    const { firstByteMs, bodyGraceMs, minBodyBytesPerS } = this.#limits;
    if (upload.pausedMs(now) >= firstByteMs) exchange.expire();
    else if (upload.isSlow(now, bodyGraceMs, minBodyBytesPerS)) exchange.giveUpOnClient();
  }
}
