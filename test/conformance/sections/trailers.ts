import { talk } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { valueOf } from '../wire/message.ts';
import { answer } from '../wire/target.ts';

const GET = 'GET / HTTP/1.1\nHost: fleet\nTE: trailers\n\n';

/** Section C: bodies, and what comes behind them. */
export const trailerCases: readonly Case[] = [
  {
    number: 58,
    sends: 'GET with Content-Length: 5 and hello',
    expects: '200; GET with 5 bytes: hello',
    probe: async (bench) => {
      const { answers } = await talk(bench, 'GET / HTTP/1.1\nHost: fleet\nContent-Length: 5\n\nhello');
      const [seen] = bench.target.requests;
      const length = seen && valueOf(seen, 'content-length');
      return `${answers[0]?.status}; ${seen?.method} with ${length} bytes: ${seen?.body.toString()}`;
    },
  },
  {
    number: 59,
    sends: 'a chunked POST with Trailer: X-Sum, X-User-Id and these fields behind its body',
    expects: '200; body hello; trailers none, announced none',
    probe: async (bench) => {
      const head = 'POST / HTTP/1.1\nHost: fleet\nTransfer-Encoding: chunked\nTrailer: X-Sum, X-User-Id\n\n';
      const { answers } = await talk(bench, `${head}5\nhello\n0\nX-Sum: 1\nX-User-Id: 1\n\n`);
      const [seen] = bench.target.requests;
      const names = seen?.trailers.map(([name]) => name).join(', ') || 'none';
      const announced = (seen && valueOf(seen, 'trailer')) ?? 'none';
      return `${answers[0]?.status}; body ${seen?.body.toString()}; trailers ${names}, announced ${announced}`;
    },
  },
  {
    number: 60,
    sends:
      'GETs in 1.1 and 1.0; the chunked answer announces X-Sum, and has X-Sum, X-Banyan-Target and Set-Cookie behind it',
    expects: '1.1: hello; trailers X-Sum, announced X-Sum | 1.0: hello; trailers none, announced none',
    probe: (bench) => {
      const head = 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: X-Sum\n\n';
      bench.target.atEnd = answer(`${head}5\nhello\n0\nX-Sum: 1\nX-Banyan-Target: x\nSet-Cookie: a=1\n\n`);
      return tellEach(bench, { 1.1: GET, '1.0': GET.replace('HTTP/1.1', 'HTTP/1.0') }, async (_, text) => {
        const [back] = (await talk(bench, text)).answers;
        if (!back) return 'no answer';
        const names = back.trailers.map(([name]) => name).join(', ') || 'none';
        return `${back.body.toString()}; trailers ${names}, announced ${valueOf(back, 'trailer') ?? 'none'}`;
      });
    },
  },
  {
    number: 66,
    sends: 'GET, answered with a body that ends with the connection',
    expects: '200 hello, whole, open',
    probe: async (bench) => {
      bench.target.atEnd = ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\n\r\nhello');
      const { answers, end } = await talk(bench, GET);
      const [back] = answers;
      return `${back?.status} ${back?.body.toString()}, ${back?.isComplete ? 'whole' : 'cut short'}, ${end}`;
    },
  },
];
