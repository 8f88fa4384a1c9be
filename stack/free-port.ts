import { createServer, type AddressInfo } from 'node:net';

/** A TCP port of 127.0.0.1 nobody listens on. Another process may still take it: starters must be able to retry. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
