import type { Clock } from '../../../shared/index.ts';

interface Parked {
  readonly isDue: () => boolean;
  readonly until: number;
  readonly leave: (how: 'due' | 'expired' | 'closed') => void;
}

const LOOK_MS = 10;

/** Where differences wait for the copy to catch up: a few at a time, each for a while only. */
export class Parking {
  readonly #clock: Clock;
  readonly #room: number;
  readonly #parked = new Set<Parked>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, room: number) {
    this.#clock = clock;
    this.#room = room;
  }

  get size(): number {
    return this.#parked.size;
  }

  /** Resolves `due` when it is, `expired` when it never was, `full` when there is no room to wait in. */
  wait(isDue: () => boolean, budgetMs: number): Promise<'due' | 'expired' | 'full' | 'closed'> {
    if (isDue()) return Promise.resolve('due');
    if (this.#parked.size >= this.#room) return Promise.resolve('full');
    return new Promise((resolve) => {
      this.#parked.add({ isDue, until: this.#clock.now() + budgetMs, leave: resolve });
      this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    });
  }

  close(): void {
    for (const one of this.#parked) one.leave('closed');
    this.#parked.clear();
    this.#rest();
  }

  #look(): void {
    const now = this.#clock.now();
    for (const one of this.#parked) {
      const isDue = one.isDue();
      if (!isDue && one.until > now) continue;
      this.#parked.delete(one);
      one.leave(isDue ? 'due' : 'expired');
    }
    if (this.#parked.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
