import { waitUntil } from '../../../shared/index.ts';
import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import { answer, answerAndEnd } from '../wire/target.ts';

const GET = 'GET /a?token=hush HTTP/1.1\nHost: fleet\n\n';
/** No name server is asked for a label as long as this. */
const NO_NAME = `http://${'x'.repeat(64)}.invalid`;

/** Section D: targets that give no answer, or none that can be given on. */
export const deadTargetCases: readonly Case[] = [
  {
    number: 73,
    sends: 'GET /a?token=hush to a target that refuses connections, and to a name that is none',
    expects: '502, open; token not echoed',
    isOfEdge: true,
    probe: async (bench) => {
      const { edge } = bench.world();
      const { url } = bench.target;
      await bench.target.close();
      return tellEach(bench, { refused: url, 'no name': NO_NAME }, async (_, legacy) => {
        edge.reload({ legacy });
        const heard = await talk(bench, GET);
        return `${tellAnswer(heard)}; token ${heard.text.includes('hush') ? 'echoed' : 'not echoed'}`;
      });
    },
  },
  {
    number: 74,
    sends: 'GET and POST to a target that closes without a byte',
    expects: '502, open',
    probe: (bench) => {
      bench.target.atEnd = ({ socket }) => void socket.end();
      return tellEach(bench, { GET, POST: GET.replace('GET', 'POST') }, async (_, text) =>
        tellAnswer(await talk(bench, text)),
      );
    },
  },
  {
    number: 75,
    sends: 'GET to a target that says nothing for longer than is allowed',
    expects: '504, open; connection to the target closed',
    edge: { limits: { firstByteMs: 300 } },
    probe: async (bench) => {
      bench.target.atEnd = () => undefined;
      const told = tellAnswer(await talk(bench, GET));
      return `${told}; connection to the target ${(await isLeft(bench)) ? 'closed' : 'open'}`;
    },
  },
  {
    number: 76,
    sends: 'GET, answered with a byte every 50 ms for longer than is allowed in all',
    expects: '200 cut short; connection to the target closed',
    edge: { limits: { totalMs: 400 } },
    probe: async (bench) => {
      bench.target.atEnd = ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const trickle = setInterval(() => socket.write('1\r\nx\r\n'), 50);
        socket.on('close', () => clearInterval(trickle));
      };
      const told = tellAnswer(await talk(bench, GET)).replace(/, (closed|reset)$/, '');
      return `${told}; connection to the target ${(await isLeft(bench)) ? 'closed' : 'open'}`;
    },
  },
  {
    number: 77,
    sends: 'GETs, answered with something else than HTTP',
    expects: '502, open',
    probe: (bench) => {
      const garbage = {
        text: 'I am no HTTP\n\n',
        ssh: 'SSH-2.0-OpenSSH_9\n',
        version: 'HTTP/3.0 200 OK\n\n',
        bytes: '\u0000\u0001\u0002\n\n',
      };
      return tellEach(bench, garbage, async (_, text) => {
        bench.target.atEnd = answerAndEnd(text);
        return tellAnswer(await talk(bench, GET));
      });
    },
  },
  {
    number: 78,
    sends: 'GET, answered with Content-Length and Transfer-Encoding',
    expects: '502, open; connection to the target closed',
    probe: async (bench) => {
      bench.target.atEnd = answer('HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n');
      const told = tellAnswer(await talk(bench, GET));
      return `${told}; connection to the target ${(await isLeft(bench)) ? 'closed' : 'open'}`;
    },
  },
  {
    number: 79,
    sends: 'GETs, answered with two Content-Length that differ, and with ones that are no numbers',
    expects: '502, open',
    probe: (bench) => {
      const lengths = { differing: '5\nContent-Length: 6', signed: '+5', hex: '0x5', list: '5, 6' };
      return tellEach(bench, lengths, async (_, length) => {
        bench.target.atEnd = answerAndEnd(`HTTP/1.1 200 OK\nContent-Length: ${length}\n\nhello`);
        return tellAnswer(await talk(bench, GET));
      });
    },
  },
  {
    number: 80,
    sends: 'GETs, answered with heads of 20 KB and of 80 KB; 64 KiB are allowed',
    expects: '20: 200, open | 80: 502, open',
    probe: (bench) =>
      tellEach(bench, { 20: '20000', 80: '80000' }, async (_, size) => {
        const big = Array.from({ length: Number(size) / 1000 }, (_one, i) => `X-Big-${i}: ${'x'.repeat(990)}`).join(
          '\n',
        );
        bench.target.atEnd = answer(`HTTP/1.1 200 OK\n${big}\nContent-Length: 2\n\nok`);
        return tellAnswer(await talk(bench, GET));
      }),
  },
];

/** Whether all connections to the target have been closed from the other side. */
function isLeft({ target }: Bench): Promise<boolean> {
  return waitUntil(() => target.sockets.length > 0 && target.closed === target.sockets.length, {
    budgetMs: 2000,
    everyMs: 5,
  });
}
