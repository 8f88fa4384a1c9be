import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { KeyPair } from './certificate.ts';

/** How long a client may take to agree on keys. */
const HANDSHAKE_MS = 10_000;

/** TLS 1.2 and 1.3; both protocols are offered, and a client that offers none of them is not served. */
export function createTlsServer(http1: ServerOptions, pair: KeyPair): Server {
  return createServer({
    ...http1,
    ...pair,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
  });
}

/** Hands connections that agreed on HTTP/2 to `take`; the others stay with whom they were. */
export function divertHttp2(server: Server, take: (socket: TLSSocket) => void): void {
  const [serveHttp1] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') take(socket);
    else serveHttp1?.call(server, socket);
  });
}
