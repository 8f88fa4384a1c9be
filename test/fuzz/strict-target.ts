import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readRequest, type StrictRequest } from './strict-request.ts';

/** A request an application was sent, as far as it has come. */
export interface Seen {
  /** What its answer carries in X-Answer. */
  readonly id: number;
  request: StrictRequest;
}

/**
 * An application that takes HTTP/1.1 by the letter and nothing else, keeps what it was sent, and answers each whole
 * request in one of the ways answers may be framed.
 */
export class StrictTarget {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #seen: Seen[] = [];
  #faults: string[] = [];
  #count = 0;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#attend(socket));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What has come since this was last asked, and bytes that were no request. */
  take(): { readonly seen: readonly Seen[]; readonly faults: readonly string[] } {
    const taken = { seen: this.#seen, faults: this.#faults };
    this.#seen = [];
    this.#faults = [];
    return taken;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #attend(socket: Socket): void {
    let pending = '';
    let current: Seen | undefined;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (;;) {
        const reading = pending === '' ? undefined : readRequest(pending, 0);
        if (reading?.kind === 'broken') return this.#refuse(socket, pending);
        if (!reading?.request) return;
        current ??= this.#greet(socket, reading.request);
        current.request = reading.request;
        if (reading.kind !== 'whole') return;
        socket.write(answerTo(current), 'latin1');
        pending = pending.slice(reading.end);
        current = undefined;
      }
    });
  }

  #greet(socket: Socket, request: StrictRequest): Seen {
    const seen = { id: ++this.#count, request };
    this.#seen.push(seen);
    const expects = request.fields.some(([name]) => name === 'expect');
    if (expects && !request.isWhole) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    return seen;
  }

  #refuse(socket: Socket, pending: string): void {
    this.#faults.push(pending);
    socket.destroy();
  }
}

function answerTo({ id, request: { method, target } }: Seen): string {
  const head = `X-Answer: ${id}\r\n`;
  const body = `${id} ${method} ${target}`;
  const given = method === 'HEAD' ? '' : body;
  if (id % 8 === 7) return `HTTP/1.1 204 No Content\r\n${head}\r\n`;
  if (id % 8 > 4 && method !== 'HEAD') {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return `HTTP/1.1 200 OK\r\n${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
  }
  return `HTTP/1.1 200 OK\r\n${head}Content-Length: ${body.length}\r\n\r\n${given}`;
}
