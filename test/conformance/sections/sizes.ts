import { talk } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellBoth, tellEach } from '../tell.ts';
import { bytes } from '../wire/bytes.ts';
import { answer } from '../wire/target.ts';
import { valueOf } from '../wire/message.ts';

const TOO_LARGE = '431, closed; nothing forwarded';

/** Section A: how many, how large, and which bytes. */
export const sizeCases: readonly Case[] = [
  {
    number: 15,
    sends: 'GET /one and GET /two in one packet; the target answers the first later',
    expects: 'one, two',
    probe: async (bench) => {
      bench.target.atEnd = ({ path, socket }) => {
        const text = `HTTP/1.1 200 OK\nContent-Length: 3\n\n${path.slice(1)}`;
        setTimeout(() => socket.write(bytes(text)), path === '/one' ? 60 : 0);
      };
      const two = 'GET /one HTTP/1.1\nHost: fleet\n\nGET /two HTTP/1.1\nHost: fleet\n\n';
      const { answers } = await talk(bench, two, 2);
      return answers.map(({ body }) => body.toString()).join(', ');
    },
  },
  {
    number: 16,
    sends: 'GET with a header of 20 KB',
    expects: TOO_LARGE,
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, `GET / HTTP/1.1\nHost: fleet\nX-Big: ${'x'.repeat(20_000)}\n\n`),
  },
  {
    number: 17,
    sends: 'GET with 2,100 header lines in 11 KB',
    expects: TOO_LARGE,
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, `GET / HTTP/1.1\nHost: fleet\n${'a:b\n'.repeat(2100)}\n`),
  },
  {
    number: 18,
    sends: 'GET with a target of 64 KB',
    expects: TOO_LARGE,
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, `GET /${'a'.repeat(65_536)} HTTP/1.1\nHost: fleet\n\n`),
  },
  {
    number: 19,
    sends: 'GET with a NUL, a control byte, a DEL or a bare CR in a header',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => {
      const odd = { NUL: '␀', control: '\u0001', DEL: '\u007f', CR: '␍' };
      const texts = Object.entries(odd).map(([name, byte]) => [
        name,
        `GET / HTTP/1.1\nHost: fleet\nX-A: a${byte}b\n\n`,
      ]);
      return tellEach(bench, Object.fromEntries(texts) as Record<string, string>);
    },
  },
  {
    number: 20,
    sends: 'GET with X-Name: bytes E9 FF; the answer has the same, and E9 in its reason',
    expects: 'the same bytes there, back and in the reason',
    exceptions: {
      undici: { expects: 'the same bytes there, back', because: 'it reads the reason as UTF-8 and keeps no bytes' },
    },
    probe: async (bench) => {
      const bytes = '\u00e9\u00ff';
      bench.target.atEnd = answer(`HTTP/1.1 200 Caf\u00e9\nX-Name: ${bytes}\nContent-Length: 2\n\nok`);
      const { answers } = await talk(bench, `GET / HTTP/1.1\nHost: fleet\nX-Name: ${bytes}\n\n`);
      const [seen, back] = [bench.target.requests[0], answers[0]];
      const there = seen && valueOf(seen, 'x-name') === bytes ? 'there' : 'not there';
      const here = back && valueOf(back, 'x-name') === bytes ? 'back' : 'not back';
      return `the same bytes ${there}, ${here}${back?.reason === 'Caf\u00e9' ? ' and in the reason' : ''}`;
    },
  },
  {
    number: 21,
    sends: 'GET in HTTP/1.0; the target answers in chunks',
    expects: 'hello, without Transfer-Encoding, closed',
    probe: async (bench) => {
      bench.target.atEnd = answer('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nhel\n2\nlo\n0\n\n');
      const { answers, end } = await talk(bench, 'GET / HTTP/1.0\nHost: fleet\n\n');
      const [only] = answers;
      if (!only) return 'no answer';
      const has = valueOf(only, 'transfer-encoding') === undefined ? 'without' : 'with';
      return `${only.body.toString()}, ${has} Transfer-Encoding, ${end}`;
    },
  },
];
