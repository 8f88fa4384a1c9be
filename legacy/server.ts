import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { openDb } from './db.ts';

export interface RunningFleet {
  readonly url: string;
  /** Answers what it has accepted, then closes. */
  stop(): Promise<void>;
}

/** Starts the monolith; port 0 takes a free one. */
export async function startFleet(o: {
  databaseUrl: string;
  secret: string;
  port?: number;
  host?: string;
}): Promise<RunningFleet> {
  const { databaseUrl, secret, port = 0, host = '127.0.0.1' } = o;
  const db = openDb(databaseUrl);
  const server = createServer(createApp({ db, secret }));
  // longer than any client keeps a connection, so that it is never us who closes it under a request
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const stop = async (): Promise<void> => {
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    await new Promise((resolve) => server.close(resolve));
    clearInterval(idle);
    await db.end();
  };
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, stop };
}
