import { as } from '../../../edge/testing/edge.fixture.ts';
import { waitUntil } from '../../../shared/index.ts';
import { ANY, type Case } from '../case.ts';
import { tellAnswer } from '../tell.ts';
import { valueOf } from '../wire/message.ts';
import { answer, OK, RawTarget } from '../wire/target.ts';

const KEY = 'Sec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n';
/** What the target says at the head of a request. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  '/events': 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\n\n\r\n',
  '/live': 'HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
};

/** Section F: an edge that ends, and one that is configured anew. */
export const endingCases: readonly Case[] = [
  {
    number: 129,
    sends: 'a shutdown with an idle keep-alive client and one that waits for its answer',
    expects: 'idle: closed | waiting: 200, closed, told to close | ended in time',
    isOfEdge: true,
    edge: { limits: { drainMs: 2000 } },
    probe: async (bench) => {
      const [idle, waiting] = [bench.connect(), bench.connect()];
      idle.send('GET / HTTP/1.1\nHost: fleet\n\n');
      await idle.hear();
      bench.target.atEnd = (request, count) => void setTimeout(() => answer(OK)(request, count), 150);
      waiting.send('GET / HTTP/1.1\nHost: fleet\n\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
      const startedAt = performance.now();
      await bench.world().edge.close();
      const isInTime = performance.now() - startedAt < 2000;
      const heard = await waiting.hear();
      await idle.until(({ end }) => end !== 'open');
      const [last] = heard.answers;
      const isTold = last !== undefined && valueOf(last, 'connection') === 'close';
      return (
        `idle: ${idle.heard().end} | waiting: ${tellAnswer(heard)}, ${isTold ? 'told to close' : 'not told'} | ` +
        `ended ${isInTime ? 'in time' : 'late'}`
      );
    },
  },
  {
    number: 130,
    sends: 'an end with an upload, a stream of events and a WebSocket under way',
    expects: 'upload: 200 | events: cut short | WebSocket: 1001 | ended in time',
    isOfEdge: true,
    forwarders: ANY,
    edge: { limits: { drainMs: 1000, lingerMs: 50 } },
    probe: async (bench) => {
      bench.target.atHead = ({ path, socket }) => void socket.write(BEGINNINGS[path] ?? '');
      bench.target.atEnd = (request, count) => void (request.method === 'POST' && answer(OK)(request, count));
      const [upload, events, live] = [bench.connect(), bench.connect(), bench.connect()];
      upload.send('POST /up HTTP/1.1\nHost: fleet\nContent-Length: 8\n\nhalf');
      events.send('GET /events HTTP/1.1\nHost: fleet\n\n');
      live.send(`GET /live HTTP/1.1\nHost: fleet\nConnection: Upgrade\nUpgrade: websocket\n${KEY}\n`);
      await waitUntil(() => bench.target.requests.length === 3, { budgetMs: 2000 });
      await live.until(({ interim }) => interim.length === 1);
      const startedAt = performance.now();
      const closed = bench.world().edge.close();
      upload.send('half');
      const heard = await upload.hear();
      await live.until(({ text }) => text.includes('\x88\x02\x03\xe9'));
      await closed;
      await events.until(({ end }) => end !== 'open');
      const isTold = live.heard().text.includes('\x88\x02\x03\xe9');
      const isCut = events.heard().answers[0]?.isComplete === false;
      return (
        `upload: ${heard.answers[0]?.status} | events: ${isCut ? 'cut short' : 'complete'} | ` +
        `WebSocket: ${isTold ? '1001' : 'nothing'} | ended ${performance.now() - startedAt < 2500 ? 'in time' : 'late'}`
      );
    },
  },
  {
    number: 131,
    sends: 'a request under way while legacy moves to another address',
    expects: 'under way: of the old one | after it: of the new one',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      const moved = await new RawTarget().listen();
      try {
        moved.atEnd = answer('HTTP/1.1 200 OK\nContent-Length: 3\n\nnew');
        bench.target.atEnd = ({ socket }) =>
          void setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold'), 150);
        const underWay = world.get('/', as('7'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        world.edge.reload({ legacy: moved.url });
        const after = await (await world.get('/', as('7'))).text();
        return `under way: of the ${await (await underWay).text()} one | after it: of the ${after} one`;
      } finally {
        await moved.close();
      }
    },
  },
];
