import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const NEWEST = Symbol('newest answer');

/** As far as it can be the last one of its connection. */
type Answer = Pick<ServerResponse, 'shouldKeepAlive'>;
type Line = Duplex & { [NEWEST]?: Answer };

/**
 * True for a request behind one whose answer ends the connection. Nobody will see an answer to it, so nothing may come of
 * it; and behind a request that was refused for how it is written nobody can say whether it is one. Node hands it out all
 * the same when both have come together. To be asked for each request of a connection, in order.
 */
export function isBehindLast({ socket }: IncomingMessage, answer: Answer): boolean {
  const line: Line = socket;
  const before = line[NEWEST];
  const isBehind = before !== answer && before?.shouldKeepAlive === false;
  if (isBehind) answer.shouldKeepAlive = false;
  line[NEWEST] = answer;
  return isBehind;
}
