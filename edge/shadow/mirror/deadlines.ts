/** The time that one question may take. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when it was the time that ended it, and not the end of all questions. */
  readonly isOver: boolean;
  /** To be called when there is an answer. */
  end(): void;
}

/**
 * Deadlines that end together. A controller and a timer each: signals made of signals are held by weak references, and what
 * these cost the garbage collector is felt by users.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #open = new Set<AbortController>();

  constructor(ms: number) {
    this.#ms = ms;
  }

  begin(): Deadline {
    const controller = new AbortController();
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      controller.abort();
    }, this.#ms);
    timer.unref();
    this.#open.add(controller);
    const end = (): void => {
      clearTimeout(timer);
      this.#open.delete(controller);
    };
    return {
      signal: controller.signal,
      get isOver() {
        return isOver;
      },
      end,
    };
  }

  /** Ends every question under way. */
  stop(): void {
    for (const controller of this.#open) controller.abort();
  }
}
