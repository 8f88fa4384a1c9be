import { covers, type Position } from '../position.ts';

interface Waiter {
  readonly wanted: Position;
  readonly resolve: (reached: boolean) => void;
}

/** Up to where everything is applied, and who waits for it to get somewhere. Never goes backward. */
export class Watermark {
  private applied: Position;
  private readonly waiters = new Set<Waiter>();
  private isFinal = false;

  constructor(applied: Position) {
    this.applied = applied;
  }

  get position(): Position {
    return this.applied;
  }

  advance(position: Position): void {
    this.applied = position;
    for (const waiter of this.waiters) if (covers(position, waiter.wanted)) waiter.resolve(true);
  }

  /** True once covered; false when the budget ran out, the signal aborted or nothing more will be applied. */
  waitFor(wanted: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean> {
    if (covers(this.applied, wanted)) return Promise.resolve(true);
    const { budgetMs, signal } = options;
    if (this.isFinal || budgetMs <= 0 || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (reached: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.waiters.delete(waiter);
        resolve(reached);
      };
      const abort = (): void => finish(false);
      const timer = setTimeout(abort, budgetMs);
      const waiter: Waiter = { wanted, resolve: finish };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiters.add(waiter);
    });
  }

  /** Nothing more will be applied: everybody who waits, now or later, is told no. */
  giveUp(): void {
    this.isFinal = true;
    for (const waiter of this.waiters) waiter.resolve(false);
  }
}
