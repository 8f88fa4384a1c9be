import { waitUntil } from '../../../shared/index.ts';
import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import { bytes } from '../wire/bytes.ts';
import { answer, answerAndEnd, answerAndReset } from '../wire/target.ts';

const GET = 'GET / HTTP/1.1\nHost: fleet\n\n';
const CHUNKED = 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n';
const CUT = '200 cut short, nothing added';

/** Section D: answers that break off, and clients that leave. */
export const brokenAnswerCases: readonly Case[] = [
  {
    number: 81,
    sends: 'GETs, answered in chunks that end with RST, with a bad size, and with a chunk longer than it says',
    expects: CUT,
    probe: (bench) =>
      tellEach(bench, { RST: '', size: 'x\nhello\n0\n\n', longer: '4\nhello\n0\n\n' }, (_, rest) => {
        bench.target.atEnd = rest === '' ? answerAndReset(CHUNKED) : answerInTwo(CHUNKED, rest);
        return tellCut(bench);
      }),
  },
  {
    number: 82,
    sends: 'GET, answered with five of ten bytes and RST',
    expects: CUT,
    probe: (bench) => {
      bench.target.atEnd = answerAndReset('HTTP/1.1 200 OK\nContent-Length: 10\n\nhello');
      return tellCut(bench);
    },
  },
  {
    number: 83,
    sends: 'GETs, answered with FIN in a chunk, between chunks, and after five of ten bytes',
    expects: CUT,
    probe: (bench) => {
      const ends = {
        'in a chunk': 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n10\nhello',
        'between chunks': CHUNKED,
        'of a length': 'HTTP/1.1 200 OK\nContent-Length: 10\n\nhello',
      };
      return tellEach(bench, ends, (_, text) => {
        bench.target.atEnd = answerAndEnd(text);
        return tellCut(bench);
      });
    },
  },
  {
    number: 84,
    sends: 'GET, answered with 101 Switching Protocols',
    expects: '502, open; connection to the target closed',
    probe: async (bench) => {
      bench.target.atEnd = answer('HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: foo\n\n');
      const told = tellAnswer(await talk(bench, GET));
      return `${told}; connection to the target ${(await isLeft(bench, 1)) ? 'closed' : 'open'}`;
    },
  },
  {
    number: 85,
    sends: 'clients that leave before the answer, in mid-upload, and in a stream of events',
    expects: 'the target is left at once',
    probe: (bench) => {
      const requests = {
        'before the answer': GET,
        'in mid-upload': 'POST / HTTP/1.1\nHost: fleet\nContent-Length: 1000000\n\nhello',
        'in a stream': 'GET /events HTTP/1.1\nHost: fleet\n\n',
      };
      return tellEach(bench, requests, (_, text) => tellLeft(bench, text));
    },
  },
  {
    number: 86,
    sends: 'GET on a connection that the target resets at its second request',
    expects: '200, open; 3 forwarded over 2 connections',
    probe: (bench) => tellReused(bench, GET),
  },
  {
    number: 87,
    sends: 'POST on a connection that the target resets at its second request',
    expects: '502, open; 2 forwarded over 1 connections',
    probe: (bench) => tellReused(bench, 'POST / HTTP/1.1\nHost: fleet\nContent-Length: 2\n\nhi'),
  },
  {
    number: 88,
    sends: 'GET after the target has closed the idle connection',
    expects: '200, open',
    probe: async (bench) => {
      await talk(bench, GET);
      for (const socket of bench.target.sockets) socket.end();
      await waitUntil(() => bench.target.closed === bench.target.sockets.length, { budgetMs: 1000, everyMs: 5 });
      return tellAnswer(await talk(bench, GET));
    },
  },
];

/** Two pieces, so that the first is on its way to the client when the second arrives. */
function answerInTwo(first: string, second: string): ReturnType<typeof answer> {
  return ({ socket }) => {
    socket.write(bytes(first));
    setTimeout(() => socket.write(bytes(second)), 20);
  };
}

async function tellCut(bench: Bench): Promise<string> {
  const heard = await talk(bench, GET);
  const told = tellAnswer(heard).replace(/, (closed|reset)$/, '');
  const { body } = heard.answers[0] ?? { body: Buffer.alloc(0) };
  return `${told}, ${'hellohell'.startsWith(body.toString()) ? 'nothing' : 'something'} added`;
}

async function isLeft({ target }: Bench, count: number): Promise<boolean> {
  return waitUntil(() => target.closed >= count, { budgetMs: 2000, everyMs: 5 });
}

async function tellLeft(bench: Bench, text: string): Promise<string> {
  const { target } = bench;
  const before = target.closed;
  target.atEnd = ({ path, socket }) => {
    if (path === '/events') socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
  };
  const client = bench.connect();
  client.send(text);
  if (text.includes('/events')) await client.until((heard) => heard.text.includes('data: 1'));
  else await waitUntil(() => target.requests.length > 0, { budgetMs: 500, everyMs: 2 });
  if (target.requests.length === 0) return 'nothing forwarded';
  client.reset();
  return (await isLeft(bench, before + 1)) ? 'the target is left at once' : 'the target goes on';
}

/** The connection is used once, and dies when it is used again. */
async function tellReused(bench: Bench, text: string): Promise<string> {
  const { target } = bench;
  target.atEnd = ({ socket }, count) => {
    if (count === 2) socket.resetAndDestroy();
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  };
  await talk(bench, text);
  const told = tellAnswer(await talk(bench, text));
  const connections = new Set(target.requests.map(({ socket }) => socket)).size;
  return `${told}; ${target.requests.length} forwarded over ${connections} connections`;
}
