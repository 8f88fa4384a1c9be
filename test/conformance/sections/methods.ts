import { talk } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellBoth, tellEach } from '../tell.ts';

/** Section A: methods and targets. */
export const methodCases: readonly Case[] = [
  {
    number: 22,
    sends: 'the preface of HTTP/2',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, 'PRI * HTTP/2.0\n\nSM\n\n'),
  },
  {
    number: 23,
    sends: 'CONNECT fleet:443',
    expects: '405, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, 'CONNECT fleet:443 HTTP/1.1\nHost: fleet:443\n\n'),
  },
  {
    number: 24,
    sends: 'TRACE /',
    expects: '405, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, 'TRACE / HTTP/1.1\nHost: fleet\n\n'),
  },
  {
    number: 25,
    sends: 'methods of other standards, QUERY and PROPFIND, and one of none, BREW',
    expects: 'QUERY, PROPFIND: 200, open; 1 forwarded | BREW: 501, closed; nothing forwarded',
    probe: (bench) => {
      const texts = ['QUERY', 'PROPFIND', 'BREW'].map((method) => [method, `${method} / HTTP/1.1\nHost: fleet\n\n`]);
      return tellEach(bench, Object.fromEntries(texts) as Record<string, string>);
    },
  },
  {
    number: 26,
    sends: 'GET http://fleet/a?b=c, GET HTTP://FLEET/a?b=c and GET http://fleet?b=c',
    expects: 'with a path, upper case: /a?b=c, Host fleet | without a path: /?b=c, Host fleet',
    probe: (bench) =>
      tellEach(
        bench,
        {
          'with a path': 'http://fleet/a?b=c',
          'upper case': 'HTTP://FLEET/a?b=c',
          'without a path': 'http://fleet?b=c',
        },
        async (_, target) => {
          const { answers } = await talk(bench, `GET ${target} HTTP/1.1\nHost: fleet\n\n`);
          const [seen] = bench.target.requests;
          return seen ? `${seen.path}, Host ${hostOf(seen.raw)}` : `${answers[0]?.status ?? 'no answer'}`;
        },
      ),
  },
  {
    number: 27,
    sends: 'GET http://evil/a with Host: fleet',
    expects: '400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) => tellBoth(bench, 'GET http://evil/a HTTP/1.1\nHost: fleet\n\n'),
  },
  {
    number: 28,
    sends: 'OPTIONS *, and without Host',
    expects: 'with Host: 204, open; nothing forwarded | without: 400, closed; nothing forwarded',
    forwarders: ANY,
    probe: (bench) =>
      tellEach(bench, {
        'with Host': 'OPTIONS * HTTP/1.1\nHost: fleet\n\n',
        without: 'OPTIONS * HTTP/1.1\nAccept: */*\n\n',
      }),
  },
];

function hostOf(raw: string): string {
  return /\r\nhost: *([^\r]*)/i.exec(raw)?.[1] ?? 'none';
}
