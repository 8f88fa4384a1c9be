import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/**
 * A lean application: answers every request head with 1 KB of JSON as fast as a socket allows, so that what is measured
 * is the proxy. Bodies of known length are skipped.
 */
const body = JSON.stringify({ trips: Array.from({ length: 5 }, (_, i) => trip(i)), next: null });
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nETag: W/"400-bench"\r\nVary: Accept-Encoding\r\n` +
    `Date: ${new Date().toUTCString()}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: keep-alive\r\n\r\n${body}`,
);

function serve(socket: Socket): void {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
      if (rest.length < end + 4 + length) return;
      rest = rest.slice(end + 4 + length);
      socket.write(answer);
    }
  });
}

// One process, two addresses: legacy's and the service's. Peers that split traffic pay for no second application.
const servers = [createServer({ noDelay: true }, serve), createServer({ noDelay: true }, serve)];
for (const server of servers) server.listen(0, '127.0.0.1');
await Promise.all(servers.map((server) => once(server, 'listening')));
const [port, servicePort] = servers.map((server) => (server.address() as { port: number }).port);
process.send?.({ port, servicePort });
process.on('disconnect', () => process.exit(0));

function trip(i: number): object {
  return {
    id: String(1000 + i),
    status: 'completed',
    pickup: `Hauptstrasse ${i}, Berlin`,
    dropoff: 'Flughafen BER',
    fare: '12.50',
    currency: 'EUR',
    createdAt: '2026-01-02T03:04:05Z',
    shared: false,
  };
}
