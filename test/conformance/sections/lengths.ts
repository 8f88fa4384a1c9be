import { ANY, type Case } from '../case.ts';
import { tellEach } from '../tell.ts';

const OTHERS = 'chunked before, twice, two lines, vertical tab, tab before the colon, HTTP/1.0';
const REFUSED = '400, closed; nothing forwarded';

/** Section A: bodies whose length two readers could see differently. */
export const lengthCases: readonly Case[] = [
  {
    number: 6,
    sends: 'POST with Content-Length and Transfer-Encoding, in both orders',
    expects: REFUSED,
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        'CL.TE': posted('Content-Length: 6\nTransfer-Encoding: chunked', '0\n\nG'),
        'TE.CL': posted('Transfer-Encoding: chunked\nContent-Length: 4', '5c\nGET /hidden HTTP/1.1\n\n0\n\n'),
      }),
  },
  {
    number: 7,
    sends: 'POST with every other Transfer-Encoding than chunked, and chunked in HTTP/1.0',
    expects: `gzip, deflate, xchunked, identity, quoted: ${REFUSED.replace('400', '501')} | ${OTHERS}: ${REFUSED}`,
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        gzip: posted('Transfer-Encoding: gzip, chunked', '0\n\n'),
        deflate: posted('Transfer-Encoding: deflate\nTransfer-Encoding: chunked', '0\n\n'),
        xchunked: posted('Transfer-Encoding: xchunked', '0\n\n'),
        identity: posted('Transfer-Encoding: identity', '0\n\n'),
        quoted: posted('Transfer-Encoding: "chunked"', '0\n\n'),
        'chunked before': posted('Transfer-Encoding: chunked, x', '0\n\n'),
        twice: posted('Transfer-Encoding: chunked, chunked', '0\n\n'),
        'two lines': posted('Transfer-Encoding: chunked\nTransfer-Encoding: chunked', '0\n\n'),
        'vertical tab': posted('Transfer-Encoding: \u000bchunked', '0\n\n'),
        'tab before the colon': posted('Transfer-Encoding\t: chunked', '0\n\n'),
        'HTTP/1.0': posted('Transfer-Encoding: chunked', '0\n\n').replace('HTTP/1.1', 'HTTP/1.0'),
      }),
  },
  {
    number: 8,
    sends: 'POST with two Content-Length, 5 and 6, and 5 and 5',
    expects: REFUSED,
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        differing: posted('Content-Length: 5\nContent-Length: 6', 'hello!'),
        same: posted('Content-Length: 5\nContent-Length: 5', 'hello'),
      }),
  },
  {
    number: 9,
    sends: 'POST with a Content-Length that is no decimal number, or too large a one',
    expects: REFUSED,
    forwarders: ANY,
    probe: (bench) => {
      const lengths = ['+3', '0x3', '-1', '3,3', '3 3', '3.0', '', '18446744073709551616', '9007199254740993'];
      return tellEach(bench, Object.fromEntries(lengths.map((one) => [one, posted(`Content-Length: ${one}`, 'abc')])));
    },
  },
];

function posted(headers: string, body: string): string {
  return `POST / HTTP/1.1\nHost: fleet\n${headers}\n\n${body}`;
}
