import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isBehindLast } from './behind-last.ts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A connection as Node's server leaves it: with the answer that is under way, if one is. */
export type AnsweringSocket = Duplex & { readonly _httpMessage?: ServerResponse | null };

/** For requests that take their connection with them: handled when those in front of them are answered, or never. */
export function inTurn(handler: UpgradeHandler): UpgradeHandler {
  return (request, socket, head) => {
    if (isBehindLast(request, { shouldKeepAlive: false })) return;
    socket.on('error', () => socket.destroy()); // Node listens no more.
    whenAnswered(socket, () => handler(request, socket, head));
  };
}

function whenAnswered(socket: AnsweringSocket, act: () => void): void {
  const { _httpMessage: answer } = socket;
  if (answer) answer.once('close', () => whenAnswered(socket, act));
  else if (socket.writable) act();
}
