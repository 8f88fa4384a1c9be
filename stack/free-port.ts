import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows give to outgoing connections, above what most servers are known by. */
const range = { from: 15_000, to: 32_000 };
const maxTries = 1_000;

/**
 * A TCP port of 127.0.0.1 nobody listens on, for a program that starts, or starts again, a moment later. It is none of
 * those the system hands out by itself, so no connection of another program takes it meanwhile; another starter that
 * chooses at random might.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${range.from} and ${range.to} in ${maxTries} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
