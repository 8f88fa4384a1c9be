import { connect } from 'node:net';
import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellBoth, tellEach } from '../tell.ts';
import { valueOf } from '../wire/message.ts';
import { answer, OK } from '../wire/target.ts';
import { passedIn, tellPassed } from './hop-by-hop.ts';

const TRUSTED = '127.0.0.2';
const IDENTITY =
  'X-User-Id: 1\nX-USER-ROLE: admin\nX-Shadow: 1\nX-Strangler-Target: service\nX-Banyan-Identity: forged';

/** Section B: who asked, and over which way. */
export const forwardingCases: readonly Case[] = [
  {
    number: 37,
    sends: 'X-Forwarded-For: 203.0.113.5 from anybody, and from a trusted hop at 127.0.0.2',
    expects: 'anybody: 127.0.0.1 | trusted: 203.0.113.5, 127.0.0.2',
    edge: { trustedProxies: [TRUSTED] },
    probe: (bench) =>
      tellEach(bench, ADDRESSES, async (_, from) => {
        const seen = await seenFrom(bench, from, 'X-Forwarded-For: 203.0.113.5');
        return seen(['x-forwarded-for']);
      }),
  },
  {
    number: 38,
    sends: 'X-Forwarded-Proto: https, -Host: public, -Port: 8443 from anybody, and from a trusted hop',
    expects: 'anybody: http, fleet, none | trusted: https, public, 8443',
    edge: { trustedProxies: [TRUSTED] },
    probe: (bench) =>
      tellEach(bench, ADDRESSES, async (_, from) => {
        const claims = 'X-Forwarded-Proto: https\nX-Forwarded-Host: public\nX-Forwarded-Port: 8443';
        const seen = await seenFrom(bench, from, claims);
        return seen(['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port']);
      }),
  },
  {
    number: 39,
    sends: 'Forwarded: for=203.0.113.5;proto=https and X-Real-IP: 203.0.113.5',
    expects: '200, open; passed: nothing',
    probe: (bench) => tellPassed(bench, 'Forwarded: for=203.0.113.5;proto=https\nX-Real-IP: 203.0.113.5'),
  },
  {
    number: 40,
    sends: 'Host: Fleet.example:8080',
    expects: 'Fleet.example:8080, told as Fleet.example:8080',
    probe: async (bench) => {
      await talk(bench, 'GET / HTTP/1.1\nHost: Fleet.example:8080\n\n');
      const [seen] = bench.target.requests;
      return seen ? `${valueOf(seen, 'host')}, told as ${valueOf(seen, 'x-forwarded-host')}` : 'no request';
    },
  },
  {
    number: 41,
    sends: 'X-User-Id, X-User-Role, X-Shadow, X-Strangler-*, X-Banyan-*; and the same with Expect and a body',
    expects: 'passed: nothing',
    probe: async (bench) => {
      await talk(bench, `GET / HTTP/1.1\nHost: fleet\n${IDENTITY}\n\n`);
      const plain = passedIn(bench);
      const client = bench.connect();
      client.send(`POST / HTTP/1.1\nHost: fleet\n${IDENTITY}\nExpect: 100-continue\nContent-Length: 2\n\n`);
      await client.until(({ interim, answers }) => interim.length + answers.length > 0);
      client.send('hi');
      await client.hear();
      const expecting = passedIn(bench).replace(/(^|, )expect$/, '') || 'nothing';
      return plain === expecting ? `passed: ${plain}` : `passed: ${plain}; with Expect: ${expecting}`;
    },
  },
  {
    number: 42,
    sends:
      'OPTIONS and TRACE with Max-Forwards: 0, OPTIONS with 3; and a target that sends the request back to the proxy',
    expects:
      'OPTIONS 0: 204, open, nothing forwarded; TRACE 0: 405, closed, nothing forwarded; OPTIONS 3: 2; loop: 508 in round 1',
    probe: async (bench) => {
      const options = await tellBoth(bench, 'OPTIONS / HTTP/1.1\nHost: fleet\nMax-Forwards: 0\n\n');
      const trace = await tellBoth(bench, 'TRACE / HTTP/1.1\nHost: fleet\nMax-Forwards: 0\n\n');
      await talk(bench, 'OPTIONS / HTTP/1.1\nHost: fleet\nMax-Forwards: 3\n\n');
      const left = valueOf(bench.target.requests.at(-1) ?? { fields: [] }, 'max-forwards') ?? 'none';
      const told = [`OPTIONS 0: ${options}`, `TRACE 0: ${trace}`].map((line) => line.replace(';', ','));
      return [...told, `OPTIONS 3: ${left}`, `loop: ${await tellLoop(bench)}`].join('; ');
    },
  },
];

const ADDRESSES = { anybody: '127.0.0.1', trusted: TRUSTED };

/** Asks from an address, and tells the values of headers at the target. */
async function seenFrom(bench: Bench, from: string, headers: string): Promise<(names: string[]) => string> {
  const client = bench.connect(from);
  client.send(`GET / HTTP/1.1\nHost: fleet\n${headers}\n\n`);
  await client.hear();
  const seen = bench.target.requests.at(-1);
  return (names) => names.map((name) => (seen && valueOf(seen, name)) ?? 'none').join(', ');
}

/** The target sends what it gets to the proxy, as it came, and the answer back; three times at most. */
async function tellLoop(bench: Bench): Promise<string> {
  let rounds = 0;
  bench.target.atEnd = (request, count) => {
    if (++rounds > 3) return answer(OK)(request, count);
    const again = connect(bench.port, '127.0.0.1', () => again.write(request.raw, 'latin1'));
    again.on('data', (chunk) => request.socket.write(chunk));
    again.on('error', () => request.socket.destroy());
    request.socket.on('close', () => again.destroy());
  };
  const { answers } = await talk(bench, 'GET /loop HTTP/1.1\nHost: fleet\n\n');
  return `${answers[0]?.status ?? 'no answer'} in round ${rounds}`;
}
