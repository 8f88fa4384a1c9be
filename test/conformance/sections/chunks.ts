import { waitUntil } from '../../../shared/index.ts';
import type { Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import { bytes } from '../wire/bytes.ts';

const HEAD = 'Host: fleet\nTransfer-Encoding: chunked\n\n';
const HIDDEN = 'GET /hidden HTTP/1.1\nHost: fleet\n\n';
const CUT = '400, closed; cut at the target';

/** Section A: chunked bodies. */
export const chunkCases: readonly Case[] = [
  {
    number: 10,
    sends: 'POST, one good chunk, then a chunk whose size is 0x5, 5_0, +5, -5, empty or of 17 digits',
    expects: CUT,
    probe: (bench) =>
      tellEach(
        bench,
        {
          '0x5': '0x5\nhello\n0\n\n',
          '5_0': '5_0\nhello\n0\n\n',
          '+5': '+5\nhello\n0\n\n',
          '-5': '-5\nhello\n0\n\n',
          empty: '\nhello\n0\n\n',
          '17 digits': '10000000000000005\nhello\n0\n\n',
        },
        tellBroken,
      ),
  },
  {
    number: 11,
    sends: 'POST, one good chunk, then a chunk extension with a bare CR, a bare LF, a control byte or a NUL',
    expects: CUT,
    probe: (bench) =>
      tellEach(
        bench,
        {
          CR: '5;a=b␍c\nhello\n0\n\n',
          LF: '5;a=b␊hello\n0\n\n',
          control: '5;a=\u0001\nhello\n0\n\n',
          NUL: '5;a=␀\nhello\n0\n\n',
        },
        tellBroken,
      ),
  },
  {
    number: 12,
    sends:
      'POST, one good chunk, then one without CRLF, one longer than it says, a request in the trailer, no last chunk',
    expects: CUT,
    probe: async (bench) =>
      tellEach(
        bench,
        {
          'without CRLF': '5\nhello0\n\n',
          spill: `5\nhello${HIDDEN}0\n\n`,
          trailer: `0\n${HIDDEN}`,
          'no last chunk': '5\nhello\n',
        },
        tellBroken,
      ),
  },
  {
    number: 13,
    sends: 'chunked DELETE, OPTIONS and GET with a whole request in the body, then GET /next',
    expects: 'body intact; the next request on another connection',
    probe: async (bench) => {
      const tell = (_: Bench, method: string): Promise<string> => tellHidden(bench, `${method} /a HTTP/1.1\n${HEAD}`);
      return tellEach(bench, { DELETE: 'DELETE', OPTIONS: 'OPTIONS', GET: 'GET' }, tell);
    },
  },
  {
    number: 14,
    sends: 'chunked POST with Connection: Transfer-Encoding and a whole request in the body, then GET /next',
    expects: 'body intact; the next request on another connection',
    probe: (bench) => tellHidden(bench, `POST /a HTTP/1.1\nConnection: Transfer-Encoding\n${HEAD}`),
  },
];

/** The target gets a good start; then the rest, and the end of what the client has to say. */
async function tellBroken(bench: Bench, rest: string): Promise<string> {
  const { target } = bench;
  const [before, closedBefore] = [target.sockets.length, target.closed];
  const client = bench.connect();
  client.send(`POST / HTTP/1.1\n${HEAD}5\nfirst\n`);
  await waitUntil(() => target.requests.length > 0, { budgetMs: bench.proxy === 'banyan' ? 2000 : 200, everyMs: 2 });
  client.send(rest);
  client.socket.end();
  const answer = tellAnswer(await client.hear());
  const opened = target.sockets.length - before;
  if (opened === 0) return `${answer}; nothing forwarded`;
  const isCut = await waitUntil(() => target.closed - closedBefore === opened, { budgetMs: 1000, everyMs: 2 });
  const isWhole = target.requests.some((request) => request.isComplete);
  return `${answer}; ${isWhole ? 'forwarded whole' : isCut ? 'cut at the target' : 'left open at the target'}`;
}

async function tellHidden(bench: Bench, head: string): Promise<string> {
  const { target } = bench;
  const client = bench.connect();
  client.send(`${head}${bytes(HIDDEN).length.toString(16)}\n${HIDDEN}\n0\n\n`);
  const { answers } = await client.hear();
  client.send('GET /next HTTP/1.1\nHost: fleet\n\n');
  await client.hear(2);
  const [first, second] = target.requests;
  if (!first) return `${answers[0]?.status ?? 'no answer'}; nothing forwarded`;
  const body = first.body.equals(bytes(HIDDEN)) ? 'body intact' : 'body changed';
  const where = second?.path !== '/next' ? 'no' : second.socket === first.socket ? 'the same' : 'another';
  return `${body}; the next request on ${where} connection`;
}
