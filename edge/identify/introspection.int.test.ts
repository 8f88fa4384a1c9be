import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { credentials, openWho } from '../testing/who.fixture.ts';
import type { IntrospectionOptions } from './introspection.ts';
import type { SubjectOptions } from './subject-options.ts';

/** A monolith that knows its sessions. */
interface Monolith {
  readonly url: string;
  readonly sessions: Map<string, object>;
  readonly asked: string[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

let monolith: Monolith;
let clock: ManualClock;
beforeEach(async () => {
  monolith = await openMonolith();
  clock = new ManualClock(1_000_000);
});
afterEach(() => monolith.close());

describe('a session the monolith is asked about', () => {
  it('belongs to the user it names, asked once for all requests of a second', async () => {
    const { who, caller } = await openWho(options(), clock);
    expect(await Promise.all([who(as('s1')), who(as('s1')), who(as('s1'))])).toEqual(Array(3).fill('user 7'));
    await clock.advance(400);
    expect((await caller(as('s1'))).identity).toEqual({ kind: 'user', sub: '7', tenant: 'acme' });
    expect(monolith.asked).toEqual(['sid=s1']);
  });

  it('is asked about again from half of its time on, without anybody waiting', async () => {
    const { identifier, who } = await openWho(options(), clock);
    await who(as('s1'));
    await clock.advance(600);
    expect(identifier.identify(credentials(as('s1')))).not.toBeInstanceOf(Promise);
    expect(await waitUntil(() => monolith.asked.length === 2, { budgetMs: 20_000 })).toBe(true);
  });

  it('is nobody within a second of a logout, wherever that was', async () => {
    const { who } = await openWho(options(), clock);
    await who(as('s1'));
    monolith.sessions.delete('s1');
    await clock.advance(1_000);
    expect(await who(as('s1'))).toBe('nobody');
  });

  it('is forgotten at once when the edge saw the logout, also while an answer is on its way', async () => {
    const { identifier, who } = await openWho(options(), clock);
    await who(as('s1'));
    const hanging: ServerResponse[] = [];
    monolith.answer = (_request, response) => void hanging.push(response);
    await clock.advance(600);
    void identifier.identify(credentials(as('s1')));
    await waitUntil(() => hanging.length === 1, { budgetMs: 20_000 });
    identifier.forget(credentials(as('s1')));
    hanging[0]?.end('{"user":{"id":7}}');
    monolith.answer = (_request, response) => void response.writeHead(401).end();
    expect(await who(as('s1'))).toBe('nobody');
  });

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['401', 'nobody', (response) => response.writeHead(401).end()],
    ['a redirect to the login', 'nobody', (response) => response.writeHead(302, { location: '/login' }).end()],
    ['a page without a user', 'nobody', (response) => response.end('{"user":null}')],
    ['500', 'late', (response) => response.writeHead(500).end()],
    ['no JSON', 'late', (response) => response.end('<html>')],
    ['a number that is not exact', 'late', (response) => response.end('{"user":{"id":9007199254740993}}')],
    ['a megabyte', 'late', (response) => response.end(`{"x":"${'x'.repeat(1_000_000)}"}`)],
    ['nothing at all', 'late', () => undefined],
    ['a broken connection', 'late', (response) => response.destroy()],
  ])('answered with %s is %s', async (_, expected, answer) => {
    monolith.answer = (_request, response) => answer(response);
    const { who } = await openWho({ ...options({ timeoutMs: 1_000 }), waitMs: 2_000 });
    expect(await who(as('s1'))).toBe(expected);
  });

  it('is not asked about when its signature cannot be genuine', async () => {
    const [way] = options().ways;
    const signed = { ...way, format: 'signed-user-id', secret: 'session-secret' } as SubjectOptions['ways'][number];
    const { who } = await openWho({ ways: [signed] }, clock);
    expect(await who(as('7.s1.4102444800.AAAA'))).toBe('nobody');
    expect(monolith.asked).toEqual([]);
  });
});

function options(changes: Partial<IntrospectionOptions> = {}): SubjectOptions {
  const introspection = {
    url: `${monolith.url}/me?x=1`,
    id: 'user.id',
    tenant: 'tenant',
    timeoutMs: 5_000,
    ...changes,
  };
  return { ways: [{ way: 'session', cookie: 'sid', format: 'opaque', introspection }] };
}

function as(session: string): { cookie: string } {
  return { cookie: `sid=${session}` };
}

async function openMonolith(): Promise<Monolith> {
  const sessions = new Map<string, object>([['s1', { user: { id: 7 }, tenant: 'acme' }]]);
  const asked: string[] = [];
  const known: Monolith['answer'] = (request, response) => {
    const user = sessions.get(/sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
    if (user) response.end(JSON.stringify(user));
    else response.writeHead(401).end();
  };
  const server = createServer((request, response) => {
    asked.push(request.headers.cookie ?? '');
    monolith.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions, asked, answer: known, close };
}
