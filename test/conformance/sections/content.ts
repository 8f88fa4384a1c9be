import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { as } from '../../../edge/testing/edge.fixture.ts';
import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { bytes } from '../wire/bytes.ts';
import { valueOf } from '../wire/message.ts';
import { answer } from '../wire/target.ts';

const GET = 'GET / HTTP/1.1\nHost: fleet\n';
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

/** Section C: what a body is, no proxy has a say in. */
export const contentCases: readonly Case[] = [
  {
    number: 67,
    sends: 'POST of a multipart form with a file of all 256 bytes',
    expects: 'the same bytes, the same boundary',
    probe: async (bench) => {
      const file = Buffer.concat([
        bytes('--b"x\nContent-Disposition: form-data; name="f"\n\n'),
        ALL_BYTES,
        bytes('\n--b"x--\n'),
      ]);
      const type = 'multipart/form-data; boundary="b\\"x"';
      const head = bytes(`POST / HTTP/1.1\nHost: fleet\nContent-Type: ${type}\nContent-Length: ${file.length}\n\n`);
      await talk(bench, Buffer.concat([head, file]));
      const [seen] = bench.target.requests;
      const isSame = seen?.body.equals(file) ? 'the same bytes' : 'other bytes';
      return `${isSame}, ${seen && valueOf(seen, 'content-type') === type ? 'the same boundary' : 'another boundary'}`;
    },
  },
  {
    number: 68,
    sends: 'GETs, answered in gzip, br and zstd with Vary: Accept-Encoding, and plain to Accept-Encoding: gzip',
    expects: 'the same bytes, encoding and Vary',
    probe: (bench) => {
      const text = Buffer.from('hello '.repeat(500));
      const encoded = {
        gzip: gzipSync(text),
        br: brotliCompressSync(text),
        zstd: zstdCompressSync(text),
        identity: text,
      };
      const names = Object.fromEntries(Object.keys(encoded).map((name) => [name, name]));
      return tellEach(bench, names, (_, name) => tellEncoded(bench, name, encoded[name as keyof typeof encoded]));
    },
  },
  {
    number: 69,
    sends: 'GET with Range and If-Range, answered 206; and five of one subject on a route that two sides can answer',
    expects: 'asked as it was, answered as it was; one side',
    isOfEdge: true,
    probe: async (bench) => {
      const asked = 'Range: bytes=0-1\nIf-Range: "x"';
      bench.target.atEnd = answer(
        'HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-1/9\nETag: "x"\nContent-Length: 2\n\nok',
      );
      const [back] = (await talk(bench, `${GET}${asked}\n\n`)).answers;
      const [seen] = bench.target.requests;
      const there = seen && valueOf(seen, 'range') === 'bytes=0-1' && valueOf(seen, 'if-range') === '"x"';
      const isSame = back?.status === 206 && valueOf(back, 'content-range') === 'bytes 0-1/9';
      return `${there ? 'asked as it was' : 'asked otherwise'}, ${isSame ? 'answered as it was' : 'answered otherwise'}; ${await tellSides(bench)}`;
    },
  },
  {
    number: 70,
    sends: 'GETs of a route two sides can answer, and of one only legacy can; both answers may be stored',
    expects: 'two sides: Vary Accept, Cookie; public, max-age=60, private | one side: Vary Accept; public, max-age=60',
    isOfEdge: true,
    probe: (bench) =>
      tellEach(bench, { 'two sides': '/api/trips/7', 'one side': '/news' }, async (_, path) => {
        const caching = 'ETag: "7"\nCache-Control: public, max-age=60\nVary: Accept';
        bench.target.atEnd = answer(`HTTP/1.1 200 OK\n${caching}\nContent-Length: 2\n\nok`);
        const [back] = (await talk(bench, `GET ${path} HTTP/1.1\nHost: fleet\n\n`)).answers;
        return back ? `Vary ${valueOf(back, 'vary')}; ${valueOf(back, 'cache-control')}` : 'no answer';
      }),
  },
  {
    number: 71,
    sends: 'POSTs of JSON with a large number and a double key, and of a form with a[b]=1&a[c]=2',
    expects: 'the same bytes',
    probe: (bench) =>
      tellEach(
        bench,
        { json: '{"id":9007199254740993,"a":1.0,"a":2}', form: 'a[b]=1&a[c]=2&a=%20+' },
        async (_, body) => {
          await talk(bench, `POST / HTTP/1.1\nHost: fleet\nContent-Length: ${body.length}\n\n${body}`);
          return bench.target.requests[0]?.body.toString() === body ? 'the same bytes' : 'other bytes';
        },
      ),
  },
];

async function tellEncoded(bench: Bench, name: string, body: Buffer): Promise<string> {
  const head = `HTTP/1.1 200 OK\nContent-Encoding: ${name}\nVary: Accept-Encoding\nContent-Length: ${body.length}\n\n`;
  bench.target.atEnd = ({ socket }) => void socket.write(Buffer.concat([bytes(head), body]));
  const [back] = (await talk(bench, `${GET}Accept-Encoding: gzip, br, zstd\n\n`)).answers;
  if (!back) return 'no answer';
  const isSame = back.body.equals(body) && valueOf(back, 'content-encoding') === name;
  return isSame && valueOf(back, 'vary') === 'Accept-Encoding' ? 'the same bytes, encoding and Vary' : 'changed';
}

async function tellSides(bench: Bench): Promise<string> {
  const sides = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const headers = `Cookie: ${as('7').cookie}\nX-Banyan-Explain: 1\nRange: bytes=${i}-${i + 1}\nIf-Range: "x"`;
    const [back] = (await talk(bench, `GET /api/trips/7 HTTP/1.1\nHost: fleet\n${headers}\n\n`)).answers;
    sides.add((back && valueOf(back, 'x-banyan-target')) ?? 'nobody');
  }
  return sides.size === 1 ? 'one side' : [...sides].join(' and ');
}
