import { talk, type Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { valueOf, valuesOf } from '../wire/message.ts';
import { answer, OK } from '../wire/target.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Section B: headers that come more than once, and those nobody asked for. */
export const repeatedHeaderCases: readonly Case[] = [
  {
    number: 44,
    sends: 'X-A: 1, X-A: 2 and two Cookie lines',
    expects: 'X-A 1, 2; Cookie a=1; b=2',
    probe: async (bench) => {
      await talk(bench, 'GET / HTTP/1.1\nHost: fleet\nX-A: 1\nCookie: a=1\nX-A: 2\nCookie: b=2\n\n');
      const [seen] = bench.target.requests;
      if (!seen) return 'no request';
      const cookies = valuesOf(seen, 'cookie');
      return `X-A ${valueOf(seen, 'x-a')}; Cookie ${cookies.join(' | ')}`;
    },
  },
  {
    number: 45,
    sends: 'two Authorization lines, two Content-Type lines',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        Authorization: 'GET / HTTP/1.1\nHost: fleet\nAuthorization: a\nAuthorization: b\n\n',
        'Content-Type': 'GET / HTTP/1.1\nHost: fleet\nContent-Type: a/b\ncontent-type: a/c\n\n',
      }),
  },
  {
    number: 46,
    sends: 'an answer with two lines each of Link, WWW-Authenticate and Set-Cookie',
    expects: 'link 2, www-authenticate 2, set-cookie 2, in order',
    probe: async (bench) => {
      const lines = [1, 2]
        .map((i) => `Link: </${i}>\nWWW-Authenticate: A${i} realm="x, y"\nSet-Cookie: c${i}=1`)
        .join('\n');
      bench.target.atEnd = answer(`HTTP/1.1 401 No\n${lines}\nContent-Length: 0\n\n`);
      const [back] = (await talk(bench, 'GET / HTTP/1.1\nHost: fleet\n\n')).answers;
      if (!back) return 'no answer';
      const counts = ['link', 'www-authenticate', 'set-cookie'].map((name) => `${name} ${valuesOf(back, name).length}`);
      const isOrdered = valuesOf(back, 'link').join() === '</1>,</2>';
      return `${counts.join(', ')}${isOrdered ? ', in order' : ''}`;
    },
  },
  {
    number: 47,
    sends: 'an answer without, and one with Server: legacy and X-Powered-By: PHP',
    expects: 'without: none, none | with: legacy, PHP',
    probe: async (bench) => {
      const named = 'HTTP/1.1 200 OK\nServer: legacy\nX-Powered-By: PHP\nContent-Length: 2\n\nok';
      return tellEach(bench, { without: OK, with: named }, async (_, text) => {
        bench.target.atEnd = answer(text);
        const [back] = (await talk(bench, 'GET / HTTP/1.1\nHost: fleet\n\n')).answers;
        return ['server', 'x-powered-by'].map((name) => (back && valueOf(back, name)) ?? 'none').join(', ');
      });
    },
  },
  {
    number: 48,
    sends: 'traceparent and baggage: valid, malformed, and 20 KB of baggage in three lines',
    expects: 'valid: continued, 3 bytes | malformed: none, none | long: continued, at most 8192 bytes',
    edge: { limits: { maxHeaderBytes: 32_768 } },
    probe: (bench) => {
      const long = Array.from({ length: 3 }, (_, i) => `baggage: ${baggage(i, 100)}`).join('\n');
      return tellEach(
        bench,
        {
          valid: `traceparent: ${PARENT}\nbaggage: a=1`,
          malformed: 'traceparent: 00-0af7-x-01\nbaggage: no members',
          long: `traceparent: ${PARENT}\n${long}`,
        },
        tellTrace,
      );
    },
  },
];

function baggage(line: number, members: number): string {
  return Array.from({ length: members }, (_, i) => `k${line}-${i}=${'v'.repeat(60)}`).join(',');
}

async function tellTrace(bench: Bench, headers: string): Promise<string> {
  await talk(bench, `GET / HTTP/1.1\nHost: fleet\n${headers}\n\n`);
  const seen = bench.target.requests.at(-1);
  const parent = seen && valueOf(seen, 'traceparent');
  const bytes = ((seen && valueOf(seen, 'baggage')) ?? '').length;
  const size =
    bytes === 0 ? 'none' : bytes < 100 ? `${bytes} bytes` : bytes <= 8192 ? 'at most 8192 bytes' : `${bytes} bytes`;
  return `${parent === PARENT ? 'continued' : (parent ?? 'none')}, ${size}`;
}
