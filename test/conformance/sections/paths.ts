import { as } from '../../../edge/testing/edge.fixture.ts';
import { talk, type Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { valueOf } from '../wire/message.ts';

const ODD = ['/a%2Fb', '/a%25b', '/a;v=1', '/a?x=/../', '/a?x=%2e%2e', '/%C3%A9', '/a?x=%00'];

/** Section F: paths that two readers could read differently, and which side they choose. */
export const pathCases: readonly Case[] = [
  {
    number: 108,
    sends: 'paths with escapes, parameters, dots in the query and UTF-8',
    expects: 'every byte as it was',
    probe: async (bench) => {
      const changed: string[] = [];
      for (const path of ODD) {
        bench.target.requests.length = 0;
        await talk(bench, `GET ${path} HTTP/1.1\nHost: fleet\n\n`);
        const arrived = bench.target.requests[0]?.path;
        if (arrived !== path) changed.push(`${path} became ${arrived}`);
      }
      return changed.length === 0 ? 'every byte as it was' : changed.join(', ');
    },
  },
  {
    number: 109,
    sends: 'another spelling of a path that moves',
    expects:
      'plain, encoded letter: service | dots, encoded dots, backslash, encoded slash, doubled slash: 400 | ' +
      'authority in the path: legacy',
    isOfEdge: true,
    forwarders: ANY,
    probe: (bench) =>
      tellEach(
        bench,
        {
          plain: '/api/trips/7',
          'encoded letter': '/api/%74rips/7',
          dots: '/public/../api/trips/7',
          'encoded dots': '/public/%2e%2e/api/trips/7',
          backslash: '/api\\trips\\7',
          'encoded slash': '/api%2ftrips/7',
          'doubled slash': '/api//trips/7',
          'authority in the path': '//evil/api/trips/7',
        },
        side,
      ),
  },
  {
    number: 110,
    sends: 'longer names, other case and a slash at the end',
    expects: 'other case, slash at the end: service | longer name, longer path: legacy',
    isOfEdge: true,
    forwarders: ANY,
    probe: (bench) =>
      tellEach(
        bench,
        {
          'other case': '/API/Trips/7',
          'slash at the end': '/api/trips/7/',
          'longer name': '/api/tripsx/7',
          'longer path': '/api/trips/7/more',
        },
        side,
      ),
  },
];

/** Where an identified, exposed client's read of the path goes, or with what it is refused. */
async function side(bench: Bench, path: string): Promise<string> {
  const head = `GET ${path} HTTP/1.1\nHost: fleet\nCookie: ${as('7').cookie}\nX-Banyan-Explain: 1\n\n`;
  const [seen] = (await talk(bench, head)).answers;
  return (seen && valueOf(seen, 'x-banyan-target')) ?? String(seen?.status);
}
