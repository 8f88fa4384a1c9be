import type { Connection } from '../../shared/index.ts';
import type { Position } from '../position.ts';
import { openView } from '../snapshot/source-snapshot.ts';
import { createHeadReader } from '../source/head-reader.ts';
import type { Sides } from './sides.ts';

/** Connections that see both sides as they are at each statement. */
export interface Live {
  readonly source: Connection;
  readonly target: Connection;
  /** The newest position of the source's log: what was read before is at or before it. */
  head(): Promise<Position>;
  close(): Promise<void>;
}

export async function openLive({ sourceUrl, targetUrl }: Sides): Promise<Live> {
  const [source, target] = await Promise.all([openReader(sourceUrl), openReader(targetUrl)]);
  const head = createHeadReader(sourceUrl);
  return {
    source,
    target,
    head: () => head.read(),
    async close() {
      source.destroy();
      target.destroy();
      await head.close();
    },
  };
}

/** A session with a view's settings and without its view. */
async function openReader(url: string): Promise<Connection> {
  const connection = await openView(url);
  await connection.query('COMMIT');
  return connection;
}
