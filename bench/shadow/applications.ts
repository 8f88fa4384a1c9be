import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/**
 * The applications behind the edge in one process: control and the candidates it is compared with, each on a port of its
 * own. They answer every request head with JSON of about 2 KB as fast as a socket allows.
 */
const CONTROL = answerOf(trips(10));
const LARGE = answerOf(trips(100));
const SLOW_MS = 2_000;

const behaviours: Readonly<Record<string, (socket: Socket) => void>> = {
  control: (socket) => void socket.write(CONTROL),
  fast: (socket) => void socket.write(CONTROL),
  slow: (socket) => void setTimeout(() => socket.write(CONTROL), SLOW_MS).unref(),
  hung: () => undefined,
  dead: (socket) => void socket.destroy(),
  large: (socket) => void socket.write(LARGE),
};

const servers = Object.values(behaviours).map((behave) =>
  createServer({ noDelay: true }, (socket) => serve(socket, behave)),
);
for (const server of servers) server.listen(0, '127.0.0.1');
await Promise.all(servers.map((server) => once(server, 'listening')));
process.send?.(Object.fromEntries(Object.keys(behaviours).map((name, i) => [name, portOf(servers[i])])));
process.on('disconnect', () => process.exit(0));

function serve(socket: Socket, behave: (socket: Socket) => void): void {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      rest = rest.slice(end + 4);
      if (!socket.destroyed) behave(socket);
    }
  });
}

function portOf(server: Server | undefined): number {
  return (server?.address() as { port: number } | undefined)?.port ?? 0;
}

function answerOf(value: unknown): Buffer {
  const body = JSON.stringify(value);
  const head = ['HTTP/1.1 200 OK', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`${head.join('\r\n')}\r\nConnection: keep-alive\r\n\r\n${body}`);
}

function trips(count: number): object {
  const trip = (i: number): object => ({
    id: String(1000 + i),
    status: 'completed',
    pickup: `Hauptstrasse ${i}, Berlin`,
    dropoff: 'Flughafen BER',
    fare: '12.50',
    currency: 'EUR',
    createdAt: '2026-01-02T03:04:05Z',
    updatedAt: '2026-01-02T04:04:05Z',
    shared: false,
  });
  return { trips: Array.from({ length: count }, (_, i) => trip(i)), next: null };
}
