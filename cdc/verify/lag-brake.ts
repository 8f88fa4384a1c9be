import type { Lag } from '../stream/lag.ts';

const LATE_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** How long a reader should pause so as not to be the reason why a stream falls behind. */
export class LagBrake {
  private before = 0;
  private pauseMs = 0;

  /** Longer each time while the lag grows; nothing once it does not. */
  pauseAfter({ transactions, ms }: Lag): number {
    const grows = ms > LATE_MS && transactions > this.before;
    this.before = transactions;
    this.pauseMs = grows ? Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.pauseMs * 2)) : 0;
    return this.pauseMs;
  }
}
