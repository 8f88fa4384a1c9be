import { performance } from 'node:perf_hooks';

/**
 * Work that may wait, done in turns of a few milliseconds between what users wait for. One piece is never cut: the bounds
 * of a comparison are its own.
 */
export class Turns {
  readonly #budgetMs: number;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => settle(work, resolve, reject));
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => this.#turn());
    });
  }

  #turn(): void {
    const until = performance.now() + this.#budgetMs;
    do this.#waiting.shift()?.();
    while (this.#waiting.length > 0 && performance.now() < until);
    this.#isRunning = this.#waiting.length > 0;
    if (this.#isRunning) setImmediate(() => this.#turn());
  }
}

function settle<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}
