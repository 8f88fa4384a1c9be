import { setImmediate as turn } from 'node:timers/promises';
import { RawHttp2 } from '../../../edge/testing/raw-http2.fixture.ts';
import { waitUntil } from '../../../shared/index.ts';
import type { StreamScript } from './stream-script.ts';

/** What came of one stream: its body, and whether it ended as a whole. */
export interface HeardStream {
  readonly body: string;
  /** A code it was reset with, `end`, or `open`. */
  readonly end: number | 'end' | 'open';
}

export interface HeardStreams {
  readonly streams: readonly HeardStream[];
  readonly hangs: boolean;
}

/** A local server that answers nothing for so long hangs. */
const PATIENCE_MS = 5_000;

/** Sends the pieces, waits for the end of every stream that has one, then ends its side and waits for the other. */
export async function converseInStreams(
  port: number,
  { pieces, streams, isWhole }: StreamScript,
): Promise<HeardStreams> {
  const client = new RawHttp2(port);
  client.acknowledges = false;
  for (const piece of pieces) {
    if (client.isClosed || !client.socket.writable) break;
    client.socket.write(piece);
    await turn();
  }
  const isAnswered = (): boolean => streams.every(({ id }) => client.endOf(id) !== 'open');
  const isOver = (): boolean => client.isClosed || client.endOf(0) !== 'open' || isAnswered();
  const came = !isWhole || (await waitUntil(isOver, { budgetMs: PATIENCE_MS, everyMs: 1 }));
  client.socket.end();
  const ended = await waitUntil(() => client.isClosed, { budgetMs: PATIENCE_MS, everyMs: 1 });
  client.close();
  return { streams: streams.map(({ id }) => heardOf(client, id)), hangs: !came || !ended };
}

function heardOf(client: RawHttp2, id: number): HeardStream {
  const data = client.frames.filter(({ type, stream }) => type === 'DATA' && stream === id);
  return { body: Buffer.concat(data.map(({ payload }) => payload)).toString('latin1'), end: client.endOf(id) };
}
