import { as, canary, wentTo } from '../../../edge/testing/edge.fixture.ts';
import { ANY, type Case } from '../case.ts';
import { answer } from '../wire/target.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Section E: streams of events. */
export const streamCases: readonly Case[] = [
  {
    number: 99,
    sends: 'a request for a stream whose second event never comes',
    expects: 'the first event, while the stream is open',
    probe: async (bench) => {
      bench.target.atEnd = ({ socket }) => void socket.write(HEAD + chunk('id: 1\ndata: a\n\n'));
      const client = bench.connect();
      client.send('GET /events HTTP/1.1\nHost: fleet\nAccept: text/event-stream\nAccept-Encoding: gzip\n\n');
      const isThere = await client.until(({ text }) => text.includes('data: a'), 2000);
      return isThere && client.heard().end === 'open' ? 'the first event, while the stream is open' : 'nothing yet';
    },
  },
  {
    number: 100,
    sends: 'a reconnect with Last-Event-ID after the subject was moved to the service',
    expects: 'before: legacy above-ceiling | reconnected: legacy pinned | new: service exposed',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      world.state = canary({ ceilings: {} });
      bench.target.atEnd = answer(
        'HTTP/1.1 200 OK\nContent-Type: text/event-stream\nContent-Length: 16\n\nid: 1\ndata: a␊␊␊',
      );
      const first = await world.get('/api/trips/7', as('7'));
      const [pin = ''] = first.headers.getSetCookie();
      world.state = canary();
      const cookie = `${as('7').cookie}; ${pin.split(';')[0]}`;
      const again = await world.get('/api/trips/7', { cookie, 'last-event-id': '1' });
      const fresh = await world.get('/api/trips/7', as('7'));
      return `before: ${wentTo(first)} | reconnected: ${wentTo(again)} | new: ${wentTo(fresh)}`;
    },
  },
];
