import type { Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellAnswer, tellBoth, tellForwarded } from '../tell.ts';
import { valueOf } from '../wire/message.ts';
import { answer } from '../wire/target.ts';

const POST = 'POST / HTTP/1.1\nHost: fleet\nExpect: 100-continue\nContent-Length: 5\n\n';
const CANNOT_ASK = 'it cannot ask the target for leave, so the edge gives it';

/** Section C: who waits for leave to send a body. */
export const expectationCases: readonly Case[] = [
  {
    number: 54,
    sends: 'POST with Expect: 100-continue, to a target that gives leave after 100 ms, and to one that says nothing',
    expects: 'Expect forwarded; 100 when the target says so, then 200; 100 within 3 s without it, then 200',
    exceptions: {
      undici: { expects: '100 at once, then 200; 100 within 3 s without it, then 200', because: CANNOT_ASK },
      'http-proxy-middleware': {
        expects: '100 at once, then 200; 100 within 3 s without it, then 200',
        because: CANNOT_ASK,
      },
    },
    probe: async (bench) => {
      const willing = await tellLeave(bench, true);
      return `${willing}; ${await tellLeave(bench, false)}`;
    },
  },
  {
    number: 55,
    sends: 'POST with Expect: 100-continue, answered with 413 at once',
    expects: '413, closed; body not asked for; 0 forwarded, 1 in part',
    exceptions: {
      undici: { expects: '100 413, open; 1 forwarded', because: CANNOT_ASK },
      'http-proxy-middleware': { expects: '100 413, open; 1 forwarded', because: CANNOT_ASK },
    },
    probe: async (bench) => {
      bench.target.atHead = answer('HTTP/1.1 413 Too Large\nContent-Length: 0\n\n');
      bench.target.atEnd = () => undefined;
      const client = bench.connect();
      client.send(POST);
      await client.until(({ interim, answers, end }) => interim.length + answers.length > 0 || end !== 'open');
      if (client.heard().interim.length > 0) client.send('hello');
      const heard = await client.hear();
      return `${tellAnswer(heard)}; ${heard.interim.length === 0 ? 'body not asked for; ' : ''}${tellForwarded(bench)}`;
    },
  },
  {
    number: 56,
    sends: 'POST with Expect: coffee',
    expects: '417, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, POST.replace('100-continue', 'coffee')),
  },
  {
    number: 57,
    sends: 'POST with Expect: 100-continue, X-User-Id: 1 and X-Banyan-Explain: 1',
    expects: 'identity stripped, decided for legacy, counted',
    isOfEdge: true,
    probe: async (bench) => {
      const client = bench.connect();
      client.send(POST.replace('Expect', 'X-User-Id: 1\nX-Banyan-Explain: 1\nExpect'));
      await client.until(({ interim }) => interim.length > 0);
      client.send('hello');
      const { answers } = await client.hear();
      const [seen] = bench.target.requests;
      const stripped = seen && valueOf(seen, 'x-user-id') === undefined ? 'identity stripped' : 'identity passed';
      const target = answers[0] && valueOf(answers[0], 'x-banyan-target');
      const metrics = await bench.world().registry.metrics();
      const isCounted = /banyan_edge_requests_total\{[^}]*status="2xx"[^}]*\} 1\b/.test(metrics);
      return `${stripped}, decided for ${target ?? 'nobody'}, ${isCounted ? 'counted' : 'not counted'}`;
    },
  },
];

/** A client that sends its body when it is told to, and a target that tells it to or waits for the body in silence. */
async function tellLeave(bench: Bench, isWilling: boolean): Promise<string> {
  const { target } = bench;
  target.requests.length = 0;
  let saidAt = 0;
  target.atHead = ({ socket }) => {
    if (!isWilling) return;
    setTimeout(() => {
      saidAt = performance.now();
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }, 100);
  };
  const client = bench.connect();
  const begun = performance.now();
  client.send(POST);
  await client.until(({ interim, end }) => interim.length > 0 || end !== 'open');
  const heardAt = performance.now();
  client.send('hello');
  const { answers, interim } = await client.hear();
  const [seen] = target.requests;
  const asked = seen && valueOf(seen, 'expect') ? 'Expect forwarded; ' : '';
  const isLate = saidAt > 0 && heardAt >= saidAt;
  const after = isWilling ? (isLate ? ' when the target says so' : ' at once') : within(heardAt - begun);
  return `${isWilling ? asked : ''}${interim.length === 1 ? '100' : 'no 100'}${after}, then ${answers[0]?.status}`;
}

function within(ms: number): string {
  return ms < 3000 ? ' within 3 s without it' : ' late without it';
}
