import { systemClock } from '../../shared/index.ts';
import type { StartPoint } from '../change-source.ts';
import { Follower, type FollowerOptions } from './follower.ts';
import { PiecesLost } from './pieces.ts';
import { restoreParked } from './parked-store.ts';
import { covers } from '../position.ts';

export interface FollowOptions extends Omit<FollowerOptions, 'from'> {
  /** What the source gave along with the watermark's position, if it is known. */
  readonly cursor?: string;
  readonly passes?: readonly string[];
}

const BACK_OFF_MS = [50, 250, 1000, 2000];

/**
 * Carries transactions from the source to the applier until the signal aborts. A transaction too large for memory that
 * is lost half-way makes it read again from what the target holds.
 */
export async function follow(options: FollowOptions): Promise<void> {
  let { cursor } = options;
  for (let failures = 0; !options.signal.aborted; failures++) {
    const follower = new Follower({ ...options, from: startPoint(options, cursor) });
    try {
      return await follower.run();
    } catch (error) {
      if (!(error instanceof PiecesLost) || options.signal.aborted) throw error;
      cursor = follower.cursor;
    } finally {
      await follower.close();
    }
    options.counters.restarts += 1;
    await systemClock.sleep(BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 2000, options.signal);
    cursor = await settle(options, cursor);
  }
}

/** Finds out what the target holds now. Gives the cursor that belongs to the watermark. */
async function settle(options: FollowOptions, cursor: string | undefined): Promise<string | undefined> {
  const { applier, watermark, maps, parking, signal } = options;
  const { session, name } = applier.options;
  return session.retry(async (connection) => {
    const reached = await applier.turn.reached(connection);
    if (parking) await restoreParked(connection, name, maps, parking);
    // In memory the watermark may be ahead: positions that brought nothing are written now and then only.
    if (covers(watermark.position, reached.position)) return cursor;
    watermark.advance(reached.position);
    return reached.cursor;
  }, signal);
}

function startPoint({ watermark, passes }: FollowOptions, cursor: string | undefined): StartPoint {
  return { position: watermark.position, ...(cursor !== undefined && { cursor }), ...(passes && { passes }) };
}
