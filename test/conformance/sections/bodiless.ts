import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import type { Answer } from '../wire/client.ts';
import { valueOf } from '../wire/message.ts';
import { answer, answerAndEnd, OK } from '../wire/target.ts';

const GET = 'GET / HTTP/1.1\nHost: fleet\n\n';

/** Section C: answers without a body, and those around the answer. */
export const bodilessCases: readonly Case[] = [
  {
    number: 49,
    sends: 'HEAD, answered with Content-Length: 99; then GET on the same connection',
    expects: '200 of 99 bytes without a body, then 200 ok',
    probe: async (bench) => {
      bench.target.atEnd = ({ method, socket }, count) =>
        answer(method === 'HEAD' ? 'HTTP/1.1 200 OK\nContent-Length: 99\n\n' : OK)({ socket } as never, count);
      const client = bench.connect();
      client.send(GET.replace('GET', 'HEAD'));
      const { answers } = await client.hear();
      client.send(GET);
      const [, second] = (await client.hear(2)).answers;
      const length = answers[0] && valueOf(answers[0], 'content-length');
      return `${answers[0]?.status} of ${length} bytes without a body, then ${second?.status} ${second?.body.toString()}`;
    },
  },
  {
    number: 50,
    sends: 'GETs, answered with 204 and with 304, ETag: "x"',
    expects: '204: 204, open, no body, ETag none | 304: 304, open, no body, ETag "x"',
    probe: async (bench) =>
      tellEach(bench, { 204: '204 No Content', 304: '304 Not Modified\nETag: "x"' }, async (_, head) => {
        bench.target.atEnd = answer(`HTTP/1.1 ${head}\n\n`);
        const heard = await talk(bench, GET);
        const tag = heard.answers[0] && valueOf(heard.answers[0], 'etag');
        return `${tellAnswer(heard)}, ${heard.text.endsWith('\r\n\r\n') ? 'no body' : 'a body'}, ETag ${tag ?? 'none'}`;
      }),
  },
  {
    number: 51,
    sends: 'GETs, answered 204 with both lengths, and 204 with Content-Length: 5 and hello',
    expects: 'both lengths: 502 | a length and a body: 204 without a length or a body, the next answer in order',
    probe: (bench) =>
      tellEach(
        bench,
        {
          'both lengths': 'HTTP/1.1 204 No Content\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n',
          'a length and a body': 'HTTP/1.1 204 No Content\nContent-Length: 5\n\nhello',
        },
        async (_, text) => {
          bench.target.atEnd = (request, count) => answer(request.path === '/next' ? OK : text)(request, count);
          const client = bench.connect();
          client.send(GET);
          const [first] = (await client.hear()).answers;
          if (!first || first.status !== 204) return `${first?.status ?? 'no answer'}`;
          client.send(GET.replace('/ ', '/next '));
          const [, next] = (await client.hear(2)).answers;
          const has = valueOf(first, 'content-length') === undefined ? 'without a length or a body' : 'with a length';
          return `204 ${has}, the next answer ${next?.body.toString() === 'ok' ? 'in order' : 'out of order'}`;
        },
      ),
  },
  {
    number: 52,
    sends: 'GETs, answered 205 with a body, and 200 behind 100, 102 and 103',
    expects: '205: 205, length 0, no body | 1xx: 200, length 2, ok',
    exceptions: {
      undici: {
        expects: '205: 205, length 0, no body | 1xx: 502',
        because: 'it takes a 100 nobody asked for as a broken answer',
      },
    },
    probe: (bench) => {
      const hints = 'HTTP/1.1 102 Processing\n\nHTTP/1.1 103 Early Hints\nLink: </a>; rel=preload\n\n';
      return tellEach(
        bench,
        {
          205: 'HTTP/1.1 205 Reset Content\nContent-Length: 5\n\nhello',
          '1xx': `HTTP/1.1 100 Continue\n\n${hints}${OK}`,
        },
        async (_, text) => {
          bench.target.atEnd = answer(text);
          const [final] = (await talk(bench, GET)).answers;
          return final?.status === 502 ? '502' : tellLength(final);
        },
      );
    },
  },
  {
    number: 53,
    sends: 'GETs, answered with 103 and two Link lines, then 200; in HTTP/1.1 and HTTP/1.0',
    expects: 'HTTP/1.1: 103 with 2 links, 200 | HTTP/1.0: 200',
    probe: (bench) =>
      tellEach(bench, { 'HTTP/1.1': GET, 'HTTP/1.0': GET.replace('1.1', '1.0') }, async (_, text) => {
        const links = 'Link: </a.css>; rel=preload; as=style\nLink: </b.js>; rel=preload; as=script';
        bench.target.atEnd = answer(`HTTP/1.1 103 Early Hints\n${links}\n\n${OK}`);
        const { interim, answers } = await talk(bench, text);
        const count = (valueOf(interim[0] ?? { fields: [] }, 'link') ?? '').split('rel=preload').length - 1;
        const hints = interim.map(({ status }) => `${status} with ${count} links, `).join('');
        return `${hints}${answers[0]?.status ?? 'no answer'}`;
      }),
  },
  {
    number: 61,
    sends: 'GETs, answered 200 "Everything is fine (really)" and 299 "Odd"',
    expects: '200 Everything is fine (really), 299 Odd',
    probe: async (bench) => {
      const told: string[] = [];
      for (const line of ['200 Everything is fine (really)', '299 Odd']) {
        bench.target.atEnd = answer(`HTTP/1.1 ${line}\nContent-Length: 0\n\n`);
        const [back] = (await talk(bench, GET)).answers;
        told.push(`${back?.status} ${back?.reason}`);
      }
      return told.join(', ');
    },
  },
  {
    number: 62,
    sends: 'GETs, answered with the status 999, 600, 099, 42 and none',
    expects: '502',
    probe: (bench) => {
      const lines = ['999 Strange', '600 Strange', '099 Strange', '42 Strange', 'OK'];
      return tellEach(bench, Object.fromEntries(lines.map((line) => [line, line])), (_, line) =>
        tellStatus(bench, line),
      );
    },
  },
];

async function tellStatus(bench: Bench, line: string): Promise<string> {
  bench.target.atEnd = answerAndEnd(`HTTP/1.1 ${line}\nContent-Length: 0\n\n`);
  const { answers } = await talk(bench, GET);
  return `${answers[0]?.status ?? 'no answer'}`;
}

function tellLength(final: Answer | undefined): string {
  if (!final) return 'no answer';
  const body = final.body.length === 0 ? 'no body' : final.body.toString();
  return `${final.status}, length ${valueOf(final, 'content-length') ?? 'none'}, ${body}`;
}
