import { systemClock } from '../../shared/index.ts';
import type { StreamRecord } from '../apply/bookkeeping.ts';
import { StandStills } from '../apply/stand-still.ts';
import { classify } from '../apply/target-session.ts';
import { Watermark } from '../apply/watermark.ts';
import type { Position } from '../position.ts';
import { withMovedRows } from './moved-rows.ts';
import { noticeParts } from './notice-parts.ts';
import type { SnapshotOptions } from './snapshot.ts';
import { openConsistentView, type ConsistentView } from './source-snapshot.ts';

const FOREVER_MS = 2_147_483_647;
const RETRY_MS = 1_000;

/**
 * Applies the source's changes from the recorded position to exactly the position of a new view, and gives that view:
 * target and view then show the same moment. The view is opened when the target is nearly level already, so that it is
 * young when the copy goes on.
 */
export async function catchUp(options: SnapshotOptions, record: StreamRecord): Promise<ConsistentView> {
  const { source, name, sourceTables, maps } = options;
  const arrived = new AbortController();
  const signal = AbortSignal.any([options.signal, arrived.signal]);
  const watermark = new Watermark(record.position);
  const standStills = new StandStills();
  const following = options.follow({
    source: withMovedRows(source, new Map(sourceTables.map((table) => [table.name, table.key]))),
    maps: noticeParts(maps, name),
    watermark,
    standStills,
    signal,
    ...(record.cursor !== undefined && { cursor: record.cursor }),
  });
  let view: ConsistentView | undefined;
  const open = async (): Promise<Position> => (view = await openView(options, signal)).position;
  try {
    await Promise.race([becomeLevel(options, watermark, signal), following]);
    await Promise.race([standStills.request(open, async () => arrived.abort()), following]);
    await following;
    options.signal.throwIfAborted();
    return view as ConsistentView;
  } catch (error) {
    view?.close();
    throw error;
  } finally {
    arrived.abort();
    standStills.endAll(new Error('the catch-up has ended'));
    await following.catch(() => undefined);
  }
}

/** Twice: what came while the first stretch was applied is short. */
async function becomeLevel(options: SnapshotOptions, watermark: Watermark, signal: AbortSignal): Promise<void> {
  for (let stretch = 0; stretch < 2 && !signal.aborted; stretch++) {
    const head = await answered(options, signal, () => options.source.head());
    await watermark.waitFor(head, { budgetMs: FOREVER_MS, signal });
  }
}

/** Opens a view as soon as the source answers. */
export function openView(options: SnapshotOptions, signal: AbortSignal): Promise<ConsistentView> {
  return answered(options, signal, () => openConsistentView(options.sourceUrl));
}

async function answered<T>({ log }: SnapshotOptions, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (classify(error) === 'refused' || signal.aborted) throw error;
      log.warn({ code: (error as { code?: string }).code }, 'the source does not answer, trying again');
      await systemClock.sleep(RETRY_MS, signal);
    }
  }
}
