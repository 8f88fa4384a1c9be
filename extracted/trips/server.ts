import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningServer {
  readonly url: string;
  /** Accepts nothing new, finishes what it has accepted, then resolves. */
  stop(budgetMs?: number): Promise<void>;
}

/** Serves `handler`; port 0 takes a free one. */
export async function listen(handler: RequestListener, o: { port: number; host: string }): Promise<RunningServer> {
  const open = new Set<ServerResponse>();
  let isStopping = false;
  const server = createServer((req, res) => {
    open.add(res);
    res.once('close', () => open.delete(res));
    if (isStopping) res.setHeader('Connection', 'close');
    handler(req, res);
  });
  // longer than the edge keeps a connection, so that it is never the service that closes it under a request
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(o.port, o.host, resolve);
  });

  const stop = async (budgetMs = 10_000): Promise<void> => {
    isStopping = true;
    for (const res of open) if (!res.headersSent) res.setHeader('Connection', 'close');
    const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
    const giveUp = setTimeout(() => server.closeAllConnections(), budgetMs);
    await new Promise((resolve) => server.close(resolve));
    clearInterval(closeIdle);
    clearTimeout(giveUp);
  };
  const { address, port } = server.address() as AddressInfo;
  return { url: `http://${address}:${port}`, stop };
}
