import { systemClock, type Clock } from '../shared/index.ts';
import type { ChangeSource } from './change-source.ts';
import { covers } from './position.ts';
import type { Watermark } from './watermark.ts';

export interface HeartbeatOptions {
  readonly source: Pick<ChangeSource, 'head'>;
  readonly watermark: Pick<Watermark, 'position'>;
  /** Renews the time in the position row. */
  readonly touch: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly everyMs?: number;
}

/**
 * Renews the position row while the copy is level with its source, so that a reader of the row can tell "nothing was
 * written" from "nothing is known". When source or target does not answer, the row grows old: that is its meaning.
 */
export async function keepBeating(options: HeartbeatOptions): Promise<void> {
  const { source, watermark, touch, signal, clock = systemClock, everyMs = 1_000 } = options;
  for (await clock.sleep(everyMs, signal); !signal.aborted; await clock.sleep(everyMs, signal)) {
    const head = await source.head().catch(() => undefined);
    if (head && covers(watermark.position, head)) await touch().catch(() => undefined);
  }
}
