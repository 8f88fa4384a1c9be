import type { ServerResponse } from 'node:http';
import { as, canary } from '../../../edge/testing/edge.fixture.ts';
import { waitUntil } from '../../../shared/index.ts';
import type { Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { answer } from '../wire/target.ts';

const BODY = '{"by":"legacy","note":"every byte"}';

const candidates: Readonly<Record<string, (response: ServerResponse) => void>> = {
  equal: (response) => void response.end(BODY),
  hung: () => undefined,
  garbage: (response) => void response.socket?.end('not HTTP at all\r\n\r\n'),
  endless: (response) => pour(response),
  dead: (response) => void response.socket?.destroy(),
};

/** Section F: a copy of a read never changes what the client gets, and a write is never copied. */
export const shadowCases: readonly Case[] = [
  {
    number: 126,
    sends: 'a mirrored read, its candidate equal, hung, garbage, endless and dead',
    expects: 'the answer as it was',
    isOfEdge: true,
    forwarders: ANY,
    probe: (bench) => {
      const names = Object.fromEntries(Object.keys(candidates).map((name) => [name, name]));
      return tellEach(bench, names, mirrored);
    },
  },
  {
    number: 127,
    sends: 'POST in the stage shadow',
    expects: 'legacy 1, service 0; a read after it is mirrored',
    isOfEdge: true,
    forwarders: ANY,
    probe: async (bench) => {
      const world = bench.world();
      world.state = canary({ stage: 'shadow' });
      await world.post('/api/trips', as('7'));
      const told = `legacy ${bench.target.requests.length}, service ${world.service.seen.length}`;
      await world.get('/api/trips/1', as('8'));
      const isMirrored = await waitUntil(() => world.service.seen.length > 0, { budgetMs: 8000 });
      const isRead = world.service.seen[0]?.method === 'GET';
      return `${told}; a read after it is ${isMirrored && isRead ? 'mirrored' : 'not mirrored'}`;
    },
  },
];

async function mirrored(bench: Bench, name: string): Promise<string> {
  const world = bench.world();
  world.state = canary({ stage: 'shadow' });
  bench.target.atEnd = answer(`HTTP/1.1 200 OK\nContent-Length: ${BODY.length}\n\n${BODY}`);
  world.service.answer = (_request, response) => candidates[name]?.(response);
  const bodies = await Promise.all([1, 2, 3].map(async () => (await world.get('/api/trips/1', as('7'))).text()));
  return bodies.every((body) => body === BODY) ? 'the answer as it was' : 'another answer';
}

/** Writes until the other side has had enough. */
function pour(response: ServerResponse): void {
  response.on('error', () => undefined);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
  };
  response.on('drain', more);
  more();
}
