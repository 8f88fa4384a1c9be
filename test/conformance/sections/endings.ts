import { as } from '../../../edge/testing/edge.fixture.ts';
import { ANY, type Case } from '../case.ts';
import { tellAnswer } from '../tell.ts';
import { valueOf } from '../wire/message.ts';
import { answer, OK, RawTarget } from '../wire/target.ts';

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
