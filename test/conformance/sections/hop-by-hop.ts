import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import { fieldNames } from '../wire/message.ts';
import { answer } from '../wire/target.ts';

/** Section B: what belongs to one hop only. */
export const hopByHopCases: readonly Case[] = [
  {
    number: 32,
    sends: 'Connection: keep-alive, X-Secret with X-Secret: s and Accept: */*',
    expects: '200, open; passed: accept',
    probe: (bench) => tellPassed(bench, 'Connection: keep-alive, X-Secret\nX-Secret: s\nAccept: */*'),
  },
  {
    number: 33,
    sends: 'Connection: close, Cookie, X-User-Id with Cookie: a=1 and X-User-Id: 7',
    expects: '200, closed; passed: cookie',
    probe: (bench) => tellPassed(bench, 'Connection: close, Cookie, X-User-Id\nCookie: a=1\nX-User-Id: 7'),
  },
  {
    number: 34,
    sends: 'Keep-Alive, Proxy-Connection, Proxy-Authorization, TE and Upgrade',
    expects: '200, open; passed: nothing',
    probe: (bench) => {
      const proxy = 'Proxy-Connection: keep-alive\nProxy-Authorization: Basic YTpi';
      return tellPassed(
        bench,
        `Keep-Alive: 300\n${proxy}\nTE: trailers, deflate\nUpgrade: foo/2\nConnection: upgrade, te`,
      );
    },
  },
  {
    number: 35,
    sends: 'GET with Trailer: X-Sum, twice on one connection',
    expects: '200 200, open; passed: nothing',
    probe: async (bench) => {
      const one = 'GET / HTTP/1.1\nHost: fleet\nTrailer: X-Sum\n\n';
      const told = tellAnswer(await talk(bench, one + one, 2));
      return `${told}; passed: ${passedIn(bench)}`;
    },
  },
  {
    number: 36,
    sends: 'an answer with Connection: X-Internal, X-Internal, Keep-Alive, Proxy-Authenticate, Upgrade and X-Kept',
    expects: '200, open; back: x-kept',
    probe: async (bench) => {
      const hop = 'Connection: X-Internal, keep-alive\nX-Internal: 1\nKeep-Alive: timeout=99\nUpgrade: foo/2';
      bench.target.atEnd = answer(
        `HTTP/1.1 200 OK\n${hop}\nProxy-Authenticate: Basic\nX-Kept: 1\nContent-Length: 2\n\nok`,
      );
      const heard = await talk(bench, 'GET / HTTP/1.1\nHost: fleet\n\n');
      const names = ['x-internal', 'proxy-authenticate', 'upgrade', 'x-kept'];
      const back = heard.answers[0] ? fieldNames(heard.answers[0]).filter((name) => names.includes(name)) : [];
      const ours = heard.text.includes('timeout=99') ? ', keep-alive' : '';
      return `${tellAnswer(heard)}; back: ${back.join(', ')}${ours}`;
    },
  },
  {
    number: 43,
    sends: 'Upgrade: h2c with HTTP2-Settings; and Upgrade: h2c in lower and upper case',
    expects: '200, open; passed: nothing',
    probe: (bench) => {
      const settings = 'HTTP2-Settings: AAMAAABkAAQAAP__';
      return tellEach(bench, { h2c: 'Upgrade: h2c', H2C: 'UPGRADE: H2C' }, (_, wish) =>
        tellPassed(bench, `${wish}\nConnection: Upgrade, HTTP2-Settings\n${settings}`),
      );
    },
  },
];

/** Sends a GET with these headers and tells the answer, and which of them reached the target. */
export async function tellPassed(bench: Bench, headers: string): Promise<string> {
  bench.target.requests.length = 0;
  const told = tellAnswer(await talk(bench, `GET / HTTP/1.1\nHost: fleet\n${headers}\n\n`));
  return `${told}; passed: ${passedIn(bench)}`;
}

/** Names of the client's headers in the last request at the target; a plain Connection is the proxy's own. */
export function passedIn({ target }: Bench): string {
  const last = target.requests.at(-1);
  if (!last) return 'no request';
  const isPlain = /\r\nconnection: *(keep-alive|close)\r\n/i.test(last.raw);
  const ours = ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-banyan-edge', 'content-length'];
  const names = fieldNames(last).filter((name) => !ours.includes(name) && !(isPlain && name === 'connection'));
  return names.length === 0 ? 'nothing' : names.join(', ');
}
