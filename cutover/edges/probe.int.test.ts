import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { probe } from './probe.ts';

it('tells an address where somebody listens from one where nobody does any more', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await probe(address)).toBe('listening');
  await new Promise((resolve) => server.close(resolve));
  expect(await probe(address)).toBe('refused');
});
