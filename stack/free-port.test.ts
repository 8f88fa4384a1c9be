import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { freePort } from './free-port.ts';

/** Where the system says which ports it gives to outgoing connections; elsewhere than on Linux they begin higher. */
const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

it('gives a port that can be listened on, and that no outgoing connection is given', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect((server.address() as AddressInfo).port).toBe(port);
  await new Promise((resolve) => server.close(resolve));
  expect(port).toBeLessThan(existsSync(RANGE) ? Number.parseInt(readFileSync(RANGE, 'utf8'), 10) : 49_152);
});
