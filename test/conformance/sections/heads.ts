import { ANY, type Case } from '../case.ts';
import { tellBoth, tellEach } from '../tell.ts';

/** Section A: heads that two readers could read differently. */
export const headCases: readonly Case[] = [
  {
    number: 1,
    sends: 'GET with "X-A : 1"; POST with "Content-Length : 5"',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        'X-A': 'GET / HTTP/1.1\nHost: fleet\nX-A : 1\n\n',
        'Content-Length': 'POST / HTTP/1.1\nHost: fleet\nContent-Length : 5\n\nhello',
      }),
  },
  {
    number: 2,
    sends: 'a header that goes on in the next line, after a space or a tab',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        space: 'GET / HTTP/1.1\nHost: fleet\nX-A: 1\n folded\n\n',
        tab: 'GET / HTTP/1.1\nHost: fleet\nX-A: 1\n\tfolded\n\n',
      }),
  },
  {
    number: 3,
    sends: 'heads whose lines end in LF alone',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        all: 'GET / HTTP/1.1␊Host: fleet␊␊',
        'after the request line': 'GET / HTTP/1.1␊Host: fleet\n\n',
        'after a header': 'GET / HTTP/1.1\nHost: fleet␊X-A: 1\n\n',
        'at the end': 'GET / HTTP/1.1\nHost: fleet\n␊',
      }),
  },
  {
    number: 4,
    sends: 'GET / HTTP/1.1 without Host',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, 'GET / HTTP/1.1\nAccept: */*\n\n'),
  },
  {
    number: 5,
    sends: 'two Host lines, the same or not',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        differing: 'GET / HTTP/1.1\nHost: fleet\nHost: evil\n\n',
        same: 'GET / HTTP/1.1\nHost: fleet\nHost: fleet\n\n',
      }),
  },
];
