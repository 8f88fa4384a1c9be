import { readParked, restoreParked, type StoredChange } from '../apply/parked-store.ts';
import { replay, type Replay } from '../apply/replay.ts';
import type { HotKeys } from '../apply/hot-keys.ts';
import { withConnection } from '../tables/connect.ts';
import { notStreaming } from './stream-end.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamRun } from './stream-run.ts';

export interface RunningParkOptions {
  readonly options: Pick<StreamOptions, 'name' | 'targetUrl'>;
  readonly hot: HotKeys;
  readonly run: () => StreamRun | undefined;
  /** Runs work while the stream stands still where it is; rejects when it does not run. */
  readonly standStill: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The park as a running stream knows it: it is changed at a stand-still, after which the stream looks at it anew. */
export class RunningPark {
  private readonly parts: RunningParkOptions;

  constructor(parts: RunningParkOptions) {
    this.parts = parts;
  }

  replay(choose: (parked: StoredChange[]) => StoredChange[]): Promise<Replay> {
    const { options, hot, standStill } = this.parts;
    const run = this.parts.run();
    const touch = hot.touchTargets.bind(hot);
    return standStill(async () => {
      if (!run?.applier) throw notStreaming(`stream ${options.name} has not begun to apply`);
      const { applier, maps, signal } = run;
      const parked = await withConnection(options.targetUrl, (connection) => readParked(connection, options.name));
      try {
        return await replay({ applier, maps, touch, signal }, choose(parked));
      } finally {
        await this.look(run);
      }
    });
  }

  /** A stream that does not run looks at the park when it starts. */
  async alone(work: () => Promise<void>): Promise<void> {
    const run = this.parts.run();
    if (run?.state.kind !== 'streaming') return work();
    await this.parts.standStill(async () => {
      await work();
      await this.look(run);
    });
  }

  private look({ maps, parking }: StreamRun): Promise<void> {
    const { targetUrl, name } = this.parts.options;
    return withConnection(targetUrl, (connection) => restoreParked(connection, name, maps, parking));
  }
}
