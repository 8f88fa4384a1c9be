import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Toxiproxy as Client } from 'toxiproxy-node-client';
import { openConnection } from '../shared/index.ts';
import { startMariaDb, startToxiproxy, type MariaDb, type Toxiproxy } from './index.ts';

let weather: Toxiproxy;
let server: MariaDb;

beforeAll(async () => {
  [weather, server] = await Promise.all([startToxiproxy(), startMariaDb()]);
});
afterAll(() => Promise.all([weather, server].map((started) => started?.stop())));

describe('toxiproxy', () => {
  it('carries a connection, slows it and cuts it as told', async () => {
    const proxy = await new Client(weather.url).createProxy({
      name: 'database',
      listen: '127.0.0.1:0',
      upstream: `127.0.0.1:${server.port}`,
    });
    const connection = await openConnection(`mysql://root@${proxy.listen}/`);
    connection.on('error', () => undefined);
    await connection.query('SELECT 1');
    await proxy.addToxic({
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 300, jitter: 0 },
    });
    const start = performance.now();
    await connection.query('SELECT 1');
    expect(performance.now() - start).toBeGreaterThan(290);
    await proxy.remove();
    await expect(connection.query('SELECT 1')).rejects.toThrow(/closed|lost|ended|ECONN/i);
  });
});
