import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a client of the server below has said, frame by frame. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** An application with WebSockets: it echoes messages, answers Close with Close, and is told nothing of libraries. */
export interface WebSocketServer {
  readonly url: string;
  readonly frames: Frame[];
  readonly sockets: Set<Duplex>;
  close(): Promise<void>;
}

export async function openWebSocketServer(): Promise<WebSocketServer> {
  const frames: Frame[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let read = readFrame(rest); read; read = readFrame(rest)) {
        rest = rest.subarray(read.length);
        frames.push(read.frame);
        answer(socket, read.frame);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, frames, sockets, close };
}

export function webSocketFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x80 | opcode, payload.length), payload]);
}

function answer(socket: Duplex, { opcode, payload }: Frame): void {
  if (opcode === 1 || opcode === 2 || opcode === 8) socket.write(webSocketFrame(opcode, payload));
  if (opcode === 8) socket.end();
}

/** A masked frame of fewer than 126 bytes. */
function readFrame(bytes: Buffer): { frame: Frame; length: number } | undefined {
  const [first, second] = [bytes[0], bytes[1]];
  if (first === undefined || second === undefined) return undefined;
  const length = 6 + (second & 127);
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = Buffer.from(bytes.subarray(6, length).map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
  return { frame: { opcode: first & 15, payload }, length };
}
