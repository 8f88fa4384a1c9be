import type { Connection } from '../../shared/index.ts';
import type { Position } from '../position.ts';
import { openConsistentView, openView, type ConsistentView } from '../snapshot/source-snapshot.ts';
import type { Sides } from './sides.ts';

/** Both sides at exactly one position of the written side's log. */
export interface Views {
  readonly position: Position;
  readonly openedAt: number;
  readonly source: Connection;
  readonly target: Connection;
  close(): void;
}

/**
 * Lets the applier stand still for the moment in which both views are opened. `onStill` runs in that moment. A view costs
 * the server the history of every row changed while it is open, so it is not kept for long.
 */
export async function openViews(sides: Sides, onStill: () => void = () => undefined): Promise<Views> {
  const { peer, stream, sourceUrl, targetUrl } = sides;
  const [writtenUrl, copyUrl] = peer ? [targetUrl, sourceUrl] : [sourceUrl, targetUrl];
  let written: ConsistentView | undefined;
  try {
    const copy = await (peer ?? stream).standStillAt(
      async () => (written = await openConsistentView(writtenUrl)).position,
      async () => {
        const view = await openView(copyUrl);
        onStill();
        return view;
      },
    );
    if (!written) throw new RangeError('the stand-still ran without asking for its position');
    return viewsOf(written, copy, peer !== undefined);
  } catch (error) {
    written?.close();
    throw error;
  }
}

function viewsOf(written: ConsistentView, copy: Connection, isTargetWritten: boolean): Views {
  const [source, target] = isTargetWritten ? [copy, written.connection] : [written.connection, copy];
  const close = (): void => {
    written.close();
    copy.destroy();
  };
  return { position: written.position, openedAt: Date.now(), source, target, close };
}
