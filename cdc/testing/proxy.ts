import { createServer, connect, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** The next packet to the server that holds `text` still arrives; its answer does not: the connection breaks. */
  cutAfter(text: string): void;
  cuts(): number;
  close(): Promise<void>;
}

/** Stands between a client and a server and breaks connections at a chosen moment of the conversation. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let wanted: string | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let isCut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [client, upstream].forEach((other) => other.destroy()));
    }
    client.on('data', (data) => {
      upstream.write(data);
      if (wanted === undefined || !data.includes(wanted)) return;
      wanted = undefined;
      isCut = true;
      cuts += 1;
    });
    upstream.on('data', (data) => {
      if (isCut) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    cutAfter: (text) => (wanted = text),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
