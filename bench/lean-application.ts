import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/**
 * An application that answers every request as fast as a socket allows, so that what is measured is whoever asks. Bodies
 * of known length are skipped. Its port.
 */
export async function startLeanApplication(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, answer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The bytes of an answer of JSON. */
export function answerOf(value: unknown, headers: readonly string[] = []): Buffer {
  const body = JSON.stringify(value);
  const own = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: keep-alive',
  ];
  return Buffer.from(`${['HTTP/1.1 200 OK', ...own, ...headers].join('\r\n')}${HEAD_END}${body}`);
}

export function exampleTrip(i: number): object {
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

function serve(socket: Socket, answer: (socket: Socket) => void): void {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf(HEAD_END); end >= 0; end = rest.indexOf(HEAD_END)) {
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
      if (rest.length < end + HEAD_END.length + length) return;
      rest = rest.slice(end + HEAD_END.length + length);
      if (!socket.destroyed) answer(socket);
    }
  });
}
