import { afterAll, describe, expect, it } from '@jest/globals';
import { startMariaDb, type MariaDb } from './index.ts';

const started: MariaDb[] = [];
afterAll(() => Promise.all(started.map((server) => server.stop())));

describe('the way a MariaDB comes by', () => {
  it('can be told per server, so that two versions run side by side', async () => {
    started.push(...(await Promise.all([startMariaDb(), startMariaDb({ way: 'maven' })])));
    const versions = await Promise.all(started.map((server) => server.sql('SELECT @@version AS version')));
    expect(versions[1]?.[0]?.['version']).toBe('11.4.5-MariaDB-log');
    expect(started[0]?.port).not.toBe(started[1]?.port);
  });
});
