import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { createExpressExample } from './express.ts';
import { createNodeExample } from './node-http.ts';
import type { Addresses } from './options.ts';

let folder: string;
let legacy: Server;
let addresses: Addresses;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-example-'));
  legacy = createServer((_request, response) => void response.end('legacy')).listen(0, '127.0.0.1');
  await new Promise((resolve) => legacy.once('listening', resolve));
  const url = `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`;
  addresses = { legacy: url, trips: url, flags: join(folder, 'flags.json') };
  const gate = { name: 'banyan.trips', enabled: true, strategies: [{ name: 'default' }] };
  writeFileSync(addresses.flags, JSON.stringify({ version: 2, features: [gate] }));
});
afterEach(async () => {
  legacy.closeAllConnections();
  await new Promise((resolve) => legacy.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe('the examples', () => {
  it('put the edge into an Express application', async () => {
    const example = await createExpressExample(addresses);
    expect((await supertest(example.server).get('/api/trips/7')).text).toBe('legacy');
    expect((await supertest(example.server).get('/health')).body).toEqual({ ok: true });
    expect((await supertest(example.server).get('/other')).status).toBe(404);
    await example.stop();
  });

  it('put the edge behind a server of node:http', async () => {
    const example = await createNodeExample(addresses);
    expect((await supertest(example.server).get('/api/trips/7')).text).toBe('legacy');
    expect((await supertest(example.server).get('/other')).text).toBe('legacy');
    await example.stop();
  });
});
