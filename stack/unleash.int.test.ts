import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { processesNaming } from '../test/support/index.ts';
import { startPostgres, startUnleash, type Postgres, type Unleash } from './index.ts';

let database: Postgres;
let server: Unleash;

beforeAll(async () => {
  database = await startPostgres();
  server = await startUnleash({ database: database.url });
}, 120_000);
afterAll(() => Promise.all([server, database].map((started) => started?.stop())));

const admin = '/admin/projects/default/features';

describe('a private Unleash', () => {
  it('takes flags with the admin token and gives them to backend tokens of both environments', async () => {
    expect((await ask(admin, { token: server.adminToken, body: { name: 'first', type: 'release' } })).status).toBe(201);
    for (const token of Object.values(server.tokens))
      expect(JSON.stringify(await (await ask('/client/features', { token })).json())).toContain('first');
    expect((await ask('/client/features', { token: 'default:development.forged' })).status).toBe(401);
  });

  it('keeps what it was told through the death of both servers', async () => {
    await Promise.all([server.kill(), database.kill()]);
    await expect(ask(admin, { token: server.adminToken })).rejects.toThrow('fetch failed');
    await database.start();
    await server.start();
    expect(await (await ask(admin, { token: server.adminToken })).text()).toContain('"first"');
  });

  it('answers nothing while it is paused', async () => {
    server.pause();
    await expect(ask(admin, { token: server.adminToken, timeoutMs: 300 })).rejects.toThrow('timeout');
    server.resume();
    expect((await ask(admin, { token: server.adminToken })).status).toBe(200);
  });

  it('leaves no process and no data of its database behind, and can be stopped twice', async () => {
    const second = await startPostgres();
    expect(existsSync(second.folder)).toBe(true);
    await second.stop();
    await second.stop();
    expect(existsSync(second.folder)).toBe(false);
    expect(await processesNaming(second.folder)).toEqual([]);
  });
});

interface Question {
  readonly token: string;
  readonly body?: object;
  readonly timeoutMs?: number;
}

function ask(path: string, { token, body, timeoutMs = 10_000 }: Question): Promise<Response> {
  return fetch(server.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: token, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
