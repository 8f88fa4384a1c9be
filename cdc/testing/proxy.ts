import { createServer, connect, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** The next packet to the server that holds `text` still arrives; its answer does not: the connection breaks. */
  cutAfter(text: string): void;
  /** Of the next packet to the server that holds `text` only a beginning arrives, then the connection breaks. */
  cutWithin(text: string): void;
  cuts(): number;
  close(): Promise<void>;
}

/** Stands between a client and a server and breaks connections at a chosen moment of the conversation. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let wanted: { readonly text: string; readonly whole: boolean } | undefined;
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
      const cut = wanted && data.includes(wanted.text) ? wanted : undefined;
      if (!cut) return void upstream.write(data);
      wanted = undefined;
      isCut = true;
      cuts += 1;
      if (cut.whole) upstream.write(data);
      else upstream.write(data.subarray(0, data.indexOf(cut.text) + cut.text.length), () => upstream.destroy());
    });
    upstream.on('data', (data) => {
      if (isCut) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    cutAfter: (text) => (wanted = { text, whole: true }),
    cutWithin: (text) => (wanted = { text, whole: false }),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
