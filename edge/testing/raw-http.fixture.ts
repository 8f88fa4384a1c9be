import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** An application made of bytes: what it was sent, and what it answers to each request, exactly. */
export interface RawUpstream {
  readonly url: string;
  /** Heads and bodies as they arrived, one entry per request head seen. */
  readonly requests: string[];
  readonly closedByPeer: () => number;
  close(): Promise<void>;
}

type Script = (socket: Socket, request: string, count: number) => void;

/** Calls the script at each request head. Its body may still be on the way. */
export async function openUpstream(script: Script): Promise<RawUpstream> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let closed = 0;
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => closed++);
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (!/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(text)) {
        if (requests.length > 0) requests.push(`${requests.pop() ?? ''}${text}`);
        return;
      }
      requests.push(text);
      script(socket, text, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    closedByPeer: () => closed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function answerWith(text: string): Script {
  return (socket) => void socket.write(text.replaceAll('\n', '\r\n'), 'latin1');
}

export const OK = 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok';

export interface RawAnswer {
  readonly text: string;
  /** `clean` when the server ended the connection, `reset` when it cut it, `open` when it was still up. */
  readonly end: 'clean' | 'reset' | 'open';
}

/** Sends bytes and collects what comes back until the connection ends or nothing has come for a while. */
export async function talk(port: number, text: string, options: { quietMs?: number } = {}): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let end: RawAnswer['end'] = 'open';
  socket.on('error', () => (end = 'reset'));
  socket.on('end', () => (end = 'clean'));
  socket.write(text.replaceAll('\n', '\r\n'), 'latin1');
  await new Promise<void>((resolve) => {
    let quiet = setTimeout(resolve, 2000);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(quiet);
      quiet = setTimeout(resolve, options.quietMs ?? 100);
    });
    socket.on('close', () => {
      clearTimeout(quiet);
      resolve();
    });
  });
  socket.destroy();
  return { text: Buffer.concat(chunks).toString('latin1'), end };
}

/** True when a chunked body in the text has its last chunk: what a client takes for complete. */
export function looksComplete(text: string): boolean {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
  const length = /content-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /transfer-encoding: *chunked/i.test(head) && /(^|\r\n)0\r\n\r\n$/.test(body);
}
