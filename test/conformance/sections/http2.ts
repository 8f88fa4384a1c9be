import { END_HEADERS, ERROR_CODES, get, RawHttp2, type Field } from '../../../edge/testing/raw-http2.fixture.ts';
import { waitUntil } from '../../../shared/index.ts';
import type { Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';

/** Section E: HTTP/2 towards clients. */
export const http2Cases: readonly Case[] = [
  {
    number: 101,
    sends: 'a request over HTTP/2',
    expects: 'answered | HTTP/1.1 at the target, Host there, no pseudo field, no Connection',
    isOfEdge: true,
    probe: (bench) =>
      withHttp2(bench, async (client) => {
        client.request(1, get('/a?b=1'));
        const end = await client.ended(1);
        const { text } = bench.target;
        const isPlain = text.startsWith('GET /a?b=1 HTTP/1.1\r\n') && /^host: fleet\r$/im.test(text);
        const isClean = !/^(?::|connection: (?!keep-alive))/im.test(text);
        const told = isPlain && isClean ? 'HTTP/1.1 at the target, Host there, no pseudo field, no Connection' : text;
        return `${end === 'end' ? 'answered' : String(end)} | ${told}`;
      }),
  },
  {
    number: 102,
    sends: 'RST_STREAM while the target is at work',
    expects: 'the target is told at once; the connection goes on',
    isOfEdge: true,
    probe: (bench) =>
      withHttp2(bench, async (client) => {
        const { target } = bench;
        const answers = target.atEnd;
        target.atEnd = () => undefined;
        client.request(1, get('/slow'));
        await waitUntil(() => target.requests.length === 1, { budgetMs: 2000 });
        client.reset(1, ERROR_CODES.CANCEL);
        const isTold = await waitUntil(() => target.closed === 1, { budgetMs: 1000 });
        target.atEnd = answers;
        client.request(3, get('/next'));
        const goesOn = (await client.ended(3)) === 'end';
        const connection = goesOn ? 'the connection goes on' : 'the connection is lost';
        return `the target is ${isTold ? 'told at once' : 'not told'}; ${connection}`;
      }),
  },
  {
    number: 103,
    sends: 'fields that HTTP/2 forbids, and a length the body does not have',
    expects: 'PROTOCOL_ERROR each time, nothing forwarded',
    isOfEdge: true,
    forwarders: ANY,
    probe: (bench) =>
      withHttp2(bench, async (client) => {
        const wrong: Field[][] = [
          [['connection', 'close']],
          [['transfer-encoding', 'chunked']],
          [['X-Name', 'a']],
          [['content-length', '5']],
        ];
        const ends: unknown[] = [];
        for (const [i, fields] of wrong.entries()) {
          client.request(2 * i + 1, get('/a', fields));
          ends.push(await client.ended(2 * i + 1));
        }
        const isRefused = ends.every((end) => end === ERROR_CODES.PROTOCOL_ERROR);
        const forwarded = bench.target.requests.length;
        return `${isRefused ? 'PROTOCOL_ERROR each time' : ends.join()}, ${forwarded === 0 ? 'nothing' : forwarded} forwarded`;
      }),
  },
  {
    number: 104,
    sends: '3,000 requests, each taken back at once; 20 streams where five may be open',
    expects: 'the connection ended, few forwarded | 15 refused',
    isOfEdge: true,
    forwarders: ANY,
    edge: { limits: { streams: 5 } },
    probe: async (bench) => {
      bench.target.atEnd = () => undefined;
      return withHttp2(bench, async (client, dial) => {
        for (let i = 0; i < 3000; i++) {
          client.request(2 * i + 1, get('/a'));
          client.reset(2 * i + 1, ERROR_CODES.CANCEL);
        }
        const isEnded = (await client.ended(0, 5000)) !== 'open' || client.isClosed;
        const isFew = bench.target.requests.length < 500;
        const another = dial();
        for (let i = 0; i < 20; i++) another.request(2 * i + 1, get('/a'), END_HEADERS | 1);
        const refused = (): number => another.of('RST_STREAM').length;
        await waitUntil(() => refused() === 15, { budgetMs: 2000 });
        return `the connection ${isEnded ? 'ended' : 'open'}, ${isFew ? 'few' : 'many'} forwarded | ${refused()} refused`;
      });
    },
  },
];

type Use = (client: RawHttp2, dial: () => RawHttp2) => Promise<string>;

async function withHttp2(bench: Bench, use: Use): Promise<string> {
  const { port } = await bench.world().edge.listenHttp2(0);
  const clients: RawHttp2[] = [];
  const dial = (): RawHttp2 => {
    const client = new RawHttp2(port);
    clients.push(client);
    return client;
  };
  try {
    return await use(dial(), dial);
  } finally {
    for (const client of clients) client.close();
  }
}
