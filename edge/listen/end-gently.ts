import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClientResponse } from '../client.ts';

const LINGER_MS = 500;

/**
 * Ends a connection whose client may still be sending. Closing it over unread bytes would reset it, and the client could
 * lose the answer; so what comes is read and dropped until the client has ended its side too, or had its time.
 */
export function endGently(socket: Duplex): void {
  socket.removeAllListeners('data');
  socket.end();
  const patience = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(patience));
  socket.on('end', () => socket.destroy());
  socket.on('data', () => undefined);
}

/** The same behind an answer Node ends the connection with. */
export function endGentlyBehind({ req }: ClientResponse): void {
  const { socket, httpVersionMajor } = req as Partial<IncomingMessage>;
  if (socket && httpVersionMajor !== undefined) socket.destroySoon = () => endGently(socket);
}
