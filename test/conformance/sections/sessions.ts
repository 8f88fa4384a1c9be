import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openWorld, wentTo } from '../../../edge/testing/edge.fixture.ts';
import { ANY, type Case } from '../case.ts';

/** Section F: sessions that legacy begins and ends. */
export const sessionCases: readonly Case[] = [
  {
    number: 117,
    sends: 'a read before login, after it, and after logout, of an opaque session',
    expects: 'legacy no-subject | service exposed | legacy no-subject',
    isOfEdge: true,
    forwarders: ANY,
    probe: async () => {
      const sessions = new Set<string>();
      const monolith = await openMonolith(sessions);
      const { port } = monolith.address() as AddressInfo;
      const logout = [{ method: 'POST', path: '/api/logout' }];
      const introspection = { url: `http://127.0.0.1:${port}/me`, id: 'id', timeoutMs: 600, logout };
      const way = { way: 'session', cookie: 'sid', format: 'opaque', introspection } as const;
      const world = await openWorld({ subject: { ways: [way], waitMs: 700 } });
      try {
        const read = async (): Promise<string> => wentTo(await world.get('/api/trips/7', { cookie: 'sid=s1' }));
        const told = [wentTo(await world.get('/api/trips/7'))];
        sessions.add('s1');
        told.push(await read());
        sessions.delete('s1');
        await world.post('/api/logout', { cookie: 'sid=s1' });
        told.push(await read());
        return told.join(' | ');
      } finally {
        await world.close();
        monolith.close();
      }
    },
  },
];

/** Tells who is logged in. */
async function openMonolith(sessions: ReadonlySet<string>): Promise<Server> {
  const server = createServer(({ headers }, response) => {
    const session = /sid=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? '';
    if (sessions.has(session)) response.end('{"id":7}');
    else response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
