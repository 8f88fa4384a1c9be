import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkSubjects } from './check-subjects.ts';

const answers: Record<string, [status: number, body: string]> = {
  '/keys': [200, '{"keys":[{}]}'],
  '/none': [200, '{"keys":[]}'],
  '/me': [401, ''],
  '/home': [200, '{"id":1}'],
};
const server = createServer((request, response) => {
  const [status, body] = answers[request.url ?? ''] ?? [500, ''];
  response.writeHead(status).end(body);
});
let url: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const jwt = { way: 'jwt' as const, issuer: 'i', audience: 'a', algorithms: ['ES256' as const] };
const session = { way: 'session', cookie: 'sid', format: 'opaque' } as const;
type Ways = Parameters<typeof checkSubjects>[0]['ways'];

describe('the checks of who calls', () => {
  it('pass when issuer, monolith and secret are there', async () => {
    const introspection = { url: `${url}/me`, id: 'id' };
    const ways: Ways = [
      { ...jwt, jwks: `${url}/keys` },
      { ...session, format: 'signed-user-id', introspection },
    ];
    expect(await verdicts(ways, 'secret')).toEqual(['ok', 'ok', 'ok']);
  });

  it('name what is not as an edge would need it', async () => {
    const ways: Ways = [
      { ...jwt, jwks: `${url}/none` },
      { ...jwt, jwks: 'http://127.0.0.1:1/' },
      { ...session, introspection: { url: `${url}/home`, id: 'id' } },
      { ...session, format: 'signed-user-id' },
      { way: 'api-key', header: 'x-api-key', file: '/nowhere/keys.json' },
    ];
    expect(await verdicts(ways, '')).toEqual(Array(5).fill('problem'));
  });
});

async function verdicts(ways: Ways, secret: string): Promise<string[]> {
  return (await checkSubjects({ ways, by: 'user' }, secret)).map(({ verdict }) => verdict);
}
