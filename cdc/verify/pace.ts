import { systemClock, type Clock } from '../../shared/index.ts';

/** Keeps a reader below a number of rows per second. Without a limit it never waits. */
export class Pace {
  private readonly rowsPerS: number;
  private readonly clock: Clock;
  private freeAt = 0;

  constructor(rowsPerS = Number.POSITIVE_INFINITY, clock: Clock = systemClock) {
    this.rowsPerS = rowsPerS;
    this.clock = clock;
  }

  /** Resolves when this many rows more may have been read; at once when the signal aborts. */
  async spend(rows: number, signal?: AbortSignal): Promise<void> {
    if (this.rowsPerS === Number.POSITIVE_INFINITY) return;
    const now = this.clock.now();
    this.freeAt = Math.max(now, this.freeAt) + (1000 * rows) / this.rowsPerS;
    await this.clock.sleep(this.freeAt - now, signal);
  }
}
