import type { LiveUnit } from '../cutover/index.ts';
import { systemClock } from '../shared/index.ts';
import { Progress } from './terminal.ts';

/** Follows the first copy of each unit on the terminal until it streams. */
export async function showSnapshots(units: ReadonlyMap<string, LiveUnit>, signal: AbortSignal): Promise<void> {
  const progress = new Progress(process.stderr);
  for (const [name, unit] of units) {
    for (
      let state = unit.forward.state();
      state.kind === 'snapshotting' && !signal.aborted;
      state = unit.forward.state()
    ) {
      progress.show(`copying ${name}`, state.rows, state.totalRows, state);
      await systemClock.sleep(200, signal);
    }
  }
  progress.end();
}
