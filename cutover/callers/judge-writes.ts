import type { WritePeriods } from '../../edge/index.ts';
import type { WriteGroup } from './source-writes.ts';

/**
 * - explained: a write through an edge was inside at that time, or shortly before.
 * - unseen: none was. Somebody else wrote.
 * - unsure: nobody can tell any more, because they were read long after they were written.
 * - later: nobody can tell yet.
 */
export type WriteVerdict = 'explained' | 'unseen' | 'unsure' | 'later';

export interface JudgeOptions {
  /** Legacy has owned the rows at some time of the last minutes: its routes may have written. */
  readonly mayExplain: boolean;
  /** How long legacy goes on writing after it has answered. */
  readonly settleMs: number;
}

/** Until then every edge has told of it. */
const TOLD_AFTER_MS = 3_000;
/** Commits are told to the second, and clocks differ a little. */
const CLOCK_MS = 1_000;
const READ_LATE_MS = 10_000;
/** For how long an edge is waited for that does not tell. */
const WAIT_MS = 30_000;

/** Whether writes through the edges can have been what was read from legacy's log. */
export function judgeWrites(
  group: WriteGroup,
  writing: WritePeriods | undefined,
  { mayExplain, settleMs }: JudgeOptions,
): WriteVerdict {
  if (!mayExplain) return 'unseen';
  if (group.lateMs > READ_LATE_MS) return 'unsure';
  if (group.agoMs < TOLD_AFTER_MS) return 'later';
  const fromAgoMs = group.agoMs + Math.max(0, group.lateMs) + CLOCK_MS + settleMs;
  if (!writing) return group.agoMs < WAIT_MS ? 'later' : 'unsure';
  const untilAgoMs = group.agoMs - CLOCK_MS;
  if (writing.periods.some(([from, until]) => from >= untilAgoMs && until <= fromAgoMs)) return 'explained';
  return writing.knownMs >= fromAgoMs ? 'unseen' : 'unsure';
}
