import { as, canary, owned, wentTo } from '../../../edge/testing/edge.fixture.ts';
import { ANY, type Case } from '../case.ts';
import { answer, OK } from '../wire/target.ts';

/** Section F: what a subject sees of its own writes. */
export const ownWriteCases: readonly Case[] = [
  {
    number: 123,
    sends: 'a write, then reads while the copy stands still, then once it has the write',
    expects: 'legacy own-write-pending | another subject: service exposed | applied: service exposed',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      world.log.legacy = 5;
      await world.post('/api/trips', as('7'));
      const pending = wentTo(await world.get('/api/trips/1', as('7')));
      const other = wentTo(await world.get('/api/trips/1', as('8')));
      world.log.appliedFromLegacy = 5;
      const applied = wentTo(await world.get('/api/trips/1', as('7')));
      return `${pending} | another subject: ${other} | applied: ${applied}`;
    },
  },
  {
    number: 124,
    sends: 'a write that legacy does not answer, then a read',
    expects: '504 | then: legacy own-write-pending',
    isOfEdge: true,
    forwarders: ANY,
    edge: { limits: { firstByteMs: 150 } },
    probe: async (bench) => {
      const world = bench.world();
      bench.target.atEnd = (request, count) => void (request.method === 'GET' && answer(OK)(request, count));
      const written = await world.post('/api/trips', as('7'));
      return `${written.status} | then: ${wentTo(await world.get('/api/trips/1', as('7')))}`;
    },
  },
  {
    number: 125,
    sends: 'a write with Idempotency-Key at the service, a rollback, the same write again; one that legacy drops',
    expects: 'service once with the key | legacy once with the key | dropped: 502, sent once',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      const headers = { ...as('7'), 'idempotency-key': 'k-1' };
      world.state = owned();
      await world.post('/api/trips', headers);
      const kept = world.service.seen.filter((request) => request.headers['idempotency-key'] === 'k-1').length;
      world.state = canary({ epoch: 5 });
      await world.post('/api/trips', headers);
      const again = bench.target.requests.filter(({ raw }) => /^idempotency-key: k-1\r$/im.test(raw)).length;
      bench.target.requests.length = 0;
      bench.target.atEnd = ({ socket }) => void socket.destroy();
      const dropped = await world.post('/api/trips', headers);
      const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
      return (
        `service ${times(kept)} with the key | legacy ${times(again)} with the key | ` +
        `dropped: ${dropped.status}, sent ${times(bench.target.requests.length)}`
      );
    },
  },
];
