import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { waitUntil } from '../../shared/index.ts';
import { readAnswers } from './strict-answer.ts';
import type { StreamReading } from './strict-request.ts';

/** What a client heard on one connection. */
export interface Heard {
  readonly text: string;
  /** How the server ended it before the client did; `open` when it did not. */
  readonly end: 'clean' | 'reset' | 'open';
  /** True when neither an answer nor the end of the connection came in time. */
  readonly hangs: boolean;
}

/** A local server that answers nothing for so long hangs. */
const PATIENCE_MS = 5_000;

/**
 * Sends the pieces, each in a turn of its own, waits for the answers its reading lets expect or for the end of the
 * connection, then ends its side and waits for the end of the other.
 */
export async function converse(port: number, pieces: readonly string[], reading: StreamReading): Promise<Heard> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const line = new Line(socket);
  for (const piece of pieces) {
    if (line.end !== 'open') break;
    socket.write(piece, 'latin1');
    await turn();
  }
  const methods = reading.requests.map(({ method }) => method);
  const isAnswered = (): boolean =>
    reading.tail !== 'closed' && readAnswers(line.text, methods, false).answers.length >= methods.length;
  const isOver = (): boolean => line.end !== 'open' || isAnswered();
  const isDue = reading.tail !== 'upgraded';
  const came = !isDue || (await waitUntil(isOver, { budgetMs: PATIENCE_MS, everyMs: 1 }));
  const { end } = line;
  socket.end();
  const ended = await waitUntil(() => line.isClosed, { budgetMs: PATIENCE_MS, everyMs: 1 });
  socket.destroy();
  return { text: line.text, end, hangs: !came || !ended };
}

class Line {
  text = '';
  end: Heard['end'] = 'open';
  isClosed = false;

  constructor(socket: Socket) {
    socket.on('data', (chunk) => (this.text += chunk.toString('latin1')));
    socket.on('end', () => (this.end = 'clean'));
    socket.on('error', () => (this.end = 'reset'));
    socket.on('close', () => (this.isClosed = true));
  }
}
