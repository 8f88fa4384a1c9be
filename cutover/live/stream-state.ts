import type { SnapshotProgress, StreamState } from '../../cdc/index.ts';

/** The state of a stream in a few words, as `banyan status` shows it. */
export function describeState(state: StreamState): string {
  if (state.kind === 'stopped') return `stopped (${state.error.code})`;
  return state.kind === 'snapshotting' ? `snapshotting (${describeCopy(state)})` : state.kind;
}

function describeCopy({ rows, totalRows, etaS, waitsFor }: SnapshotProgress): string {
  const percent = totalRows > 0 ? Math.floor((100 * rows) / totalRows) : 0;
  return [`${percent} %`, waitsFor ?? (etaS === undefined ? undefined : `${etaS} s left`)]
    .filter((part) => part !== undefined)
    .join(', ');
}
