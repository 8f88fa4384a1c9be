import { connect } from 'node:net';

const PATIENCE_MS = 1_000;

/** `refused`: the machine is there and nobody listens. Silence says nothing. */
export type Presence = 'listening' | 'refused' | 'unknown';

/** Whether somebody listens at `host:port`. */
export function probe(address: string): Promise<Presence> {
  const at = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), timeout: PATIENCE_MS });
    const end = (presence: Presence): void => {
      socket.destroy();
      resolve(presence);
    };
    socket.once('connect', () => end('listening'));
    socket.once('timeout', () => end('unknown'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'unknown'));
  });
}
