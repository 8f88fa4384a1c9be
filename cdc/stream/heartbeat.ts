import { systemClock, type Clock } from '../../shared/index.ts';
import type { ChangeSource } from '../change-source.ts';
import type { Watermark } from '../apply/watermark.ts';

export interface HeartbeatOptions {
  readonly source: Pick<ChangeSource, 'head'>;
  readonly watermark: Pick<Watermark, 'waitFor'>;
  /** Renews the time in the position row. */
  readonly touch: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

const LOOK_EVERY_MS = 200;
const TOUCH_EVERY_MS = 1_000;

/**
 * Finds out again and again whether the copy is level with its source, and renews the position row while it is: so a
 * reader of the row can tell "nothing was written" from "nothing is known". When source or target does not answer, the
 * row grows old and so does `levelAgeMs`: that is their meaning.
 */
export class Heartbeat {
  private readonly options: HeartbeatOptions;
  private readonly clock: Clock;
  private levelAt = Number.NEGATIVE_INFINITY;
  private touchedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
  }

  /** How long ago the copy was last known to hold everything its source held. */
  levelAgeMs(): number {
    return this.clock.now() - this.levelAt;
  }

  async beat(): Promise<void> {
    const { signal } = this.options;
    for (; !signal.aborted; await this.clock.sleep(LOOK_EVERY_MS, signal)) await this.look();
  }

  private async look(): Promise<void> {
    const { source, watermark, signal } = this.options;
    const askedAt = this.clock.now();
    const head = await source.head().catch(() => undefined);
    if (!head || !(await watermark.waitFor(head, { budgetMs: TOUCH_EVERY_MS, signal }))) return;
    this.levelAt = askedAt;
    if (askedAt - this.touchedAt >= TOUCH_EVERY_MS) await this.touch(askedAt);
  }

  private async touch(at: number): Promise<void> {
    try {
      await this.options.touch();
      this.touchedAt = at;
    } catch {
      // The target does not answer: the applier finds that out by itself, and the row grows old.
    }
  }
}
