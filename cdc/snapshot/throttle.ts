import { systemClock, type Clock } from '../../shared/index.ts';

/** What a copy must not exceed. Nothing named: as fast as it goes. */
export interface ThrottleLimits {
  readonly rowsPerS?: number;
  /** Wait while more of the source's threads are running (`Threads_running`; the copy's own one or two count). */
  readonly sourceThreads?: number;
  /** Wait while this gives a reason, such as "replica 12 s late". */
  readonly targetBusy?: () => Promise<string | undefined>;
}

export interface ThrottleOptions {
  readonly limits: ThrottleLimits;
  readonly readSourceThreads: () => Promise<number>;
  readonly clock?: Clock;
  /** Told the reason when a wait begins, and nothing when it ends. */
  readonly onWait: (reason: string | undefined) => void;
}

const LOOK_EVERY_MS = 500;

/** Holds a copy back while source or target have better things to do. */
export class Throttle {
  private readonly options: ThrottleOptions;
  private readonly clock: Clock;
  /** When the rows handed out so far are paid for. */
  private paidAt = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ThrottleOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
  }

  /** True when this many more rows may be copied; false when they may not at `until`, or when the signal aborts. */
  async pass(rows: number, until: number, signal: AbortSignal): Promise<boolean> {
    const mayWait = (): boolean => !signal.aborted && this.clock.now() < until;
    let reason = await this.reason();
    if (reason === undefined) return this.pay(rows);
    this.options.onWait(reason);
    for (; reason !== undefined && mayWait(); reason = await this.reason())
      await this.clock.sleep(Math.min(this.waitMs(reason), until - this.clock.now()), signal);
    this.options.onWait(undefined);
    return reason === undefined && this.pay(rows);
  }

  private pay(rows: number): true {
    const { rowsPerS } = this.options.limits;
    if (rowsPerS !== undefined) this.paidAt = Math.max(this.paidAt, this.clock.now()) + (rows * 1000) / rowsPerS;
    return true;
  }

  private waitMs(reason: string): number {
    return reason === RATE ? this.paidAt - this.clock.now() : LOOK_EVERY_MS;
  }

  private async reason(): Promise<string | undefined> {
    const now = this.clock.now();
    if (this.paidAt > now) return RATE;
    if (now - this.lookedAt < LOOK_EVERY_MS) return undefined;
    const { limits, readSourceThreads } = this.options;
    const { sourceThreads, targetBusy } = limits;
    if (sourceThreads !== undefined && (await readSourceThreads()) > sourceThreads) return 'source busy';
    const busy = await targetBusy?.();
    if (busy === undefined) this.lookedAt = now;
    return busy;
  }
}

const RATE = 'row rate';
