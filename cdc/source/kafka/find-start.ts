import type { StartPoint } from '../../change-source.ts';
import type { Gtid, Position } from '../../position.ts';
import { Continuity } from './transaction/continuity.ts';
import { formatCursor, offsetOf } from './topic/cursor.ts';
import { gtidOf } from './transaction/gtid-of.ts';
import { COPIED, type RecordFormat } from './decode/record-format.ts';
import type { Place, TopicLog } from './topic/topic-log.ts';

export interface FindStartOptions {
  readonly log: Pick<TopicLog, 'bounds' | 'fetch'>;
  readonly place: Place;
  readonly transactionOf: RecordFormat['transactionOf'];
  readonly from: StartPoint;
}

const PROBE = { waitMs: 0, maxBytes: 64 * 1024 };

/**
 * The offset to read from so that nothing after the position is missed. The cursor is believed only when the record in
 * front of it belongs to the position: a topic of the same name may be another one by now. Otherwise the boundary is
 * searched for: the log is in order, so "covered by the position" holds up to one place and not behind it.
 */
export async function findStart(options: FindStartOptions): Promise<number> {
  const { log, place, from } = options;
  const { low, end } = await log.bounds(place);
  const hint = offsetOf(from.cursor, place);
  if (hint !== undefined && hint > low && hint <= end && (await isLastOf(options, hint - 1))) return hint;
  return searchBoundary(options, low, end);
}

async function isLastOf(options: FindStartOptions, offset: number): Promise<boolean> {
  const found = await nextTransaction(options, offset);
  return found?.offset === offset && found.gtid !== undefined && isEndOf(options.from.position, found.gtid);
}

function isEndOf(position: Position, { domain, sequence }: Gtid): boolean {
  return position.get(domain)?.sequence === sequence;
}

async function searchBoundary(options: FindStartOptions, low: number, end: number): Promise<number> {
  const covered = new Continuity(options.from.position);
  let [first, last] = [low, end];
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    const found = await nextTransaction(options, middle);
    if (found && found.offset < end && (!found.gtid || covered.covers(found.gtid))) first = found.offset + 1;
    else last = middle;
  }
  return first;
}

/**
 * The first record at or behind `offset` that names its transaction, or is a row of a connector's own snapshot, which
 * lies in front of every transaction.
 */
async function nextTransaction(
  { log, place, transactionOf }: FindStartOptions,
  offset: number,
): Promise<{ readonly offset: number; readonly gtid?: Gtid } | undefined> {
  for (let at = offset; ;) {
    const [answer] = await log.fetch([{ ...place, offset: at }], PROBE);
    for (const record of answer?.records ?? []) {
      const id = transactionOf(record);
      if (id === COPIED) return { offset: record.offset };
      if (id !== null) return { offset: record.offset, gtid: gtidOf(id, formatCursor(place, record.offset)) };
    }
    if (!answer || answer.next === at) return undefined;
    at = answer.next;
  }
}
