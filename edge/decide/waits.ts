import type { Clock } from '../../shared/index.ts';

/** What a request waits for: the end of a hold on its unit's writes, or its subject's own write to come back to legacy. */
export type WaitReason = 'hold' | 'own-write';

export interface WaitCount {
  /** Requests that wait now. */
  waiting: number;
  /** Those that have waited, and the time they waited together. */
  ended: number;
  ms: number;
}

/** Requests of one unit that wait at this edge. Those that do not wait pay nothing for it. */
export class Waits {
  readonly counts: Readonly<Record<WaitReason, WaitCount>> = { hold: none(), 'own-write': none() };
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async during<T>(reason: WaitReason, wait: () => Promise<T>): Promise<T> {
    const count = this.counts[reason];
    const startedAt = this.#clock.now();
    count.waiting += 1;
    try {
      return await wait();
    } finally {
      count.waiting -= 1;
      count.ended += 1;
      count.ms += this.#clock.now() - startedAt;
    }
  }
}

function none(): WaitCount {
  return { waiting: 0, ended: 0, ms: 0 };
}
