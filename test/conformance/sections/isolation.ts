import { waitUntil } from '../../../shared/index.ts';
import { as } from '../../../edge/testing/edge.fixture.ts';
import { talk, type Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { FailingHooks, HOOKS, type Hook } from '../failing-hooks.ts';
import { tellEach } from '../tell.ts';
import type { Client } from '../wire/client.ts';
import { bytes } from '../wire/bytes.ts';
import { OK, type Request } from '../wire/target.ts';

const SLOW = 300;
const OTHERS = 20;
const hooks = new FailingHooks();

/** Section D: what goes wrong in one place stays there. */
export const isolationCases: readonly Case[] = [
  {
    number: 89,
    sends: '300 GETs of /reports/pdf, which the target leaves unanswered for now, then 20 of other paths',
    expects: '20 of 20 others answered meanwhile, then all 300',
    probe: async (bench) => {
      const held: Request[] = [];
      bench.target.atEnd = (request) => {
        if (request.path === '/reports/pdf') held.push(request);
        else request.socket.write(bytes(OK));
      };
      const slow = open(bench, SLOW, () => '/reports/pdf');
      await waitUntil(() => held.length >= 64, { budgetMs: 5000, everyMs: 5 });
      const others = open(bench, OTHERS, (i) => `/page/${i}`);
      const answered = await count(others, 1500);
      bench.target.atEnd = ({ socket }) => void socket.write(bytes(OK));
      for (const { socket } of held) socket.write(bytes(OK));
      const late = await count(slow, 10_000);
      return `${answered} of ${OTHERS} others answered meanwhile, then ${late === SLOW ? `all ${SLOW}` : late}`;
    },
  },
  {
    number: 90,
    sends: 'GETs while what the edge asks about units, flags, copies and traces throws; then one when nothing does',
    expects: 'units, flags, copies, traces: 500, then 200 | ends of traces: 200, then 200',
    isOfEdge: true,
    forwarders: ANY,
    edge: hooks.options,
    probe: (bench) => tellEach(bench, Object.fromEntries(HOOKS.map((hook) => [hook, hook])), tellThrown),
  },
];

function open(bench: Bench, count: number, pathOf: (i: number) => string): Client[] {
  return Array.from({ length: count }, (_, i) => {
    const client = bench.connect();
    client.send(`GET ${pathOf(i)} HTTP/1.1\nHost: fleet\n\n`);
    return client;
  });
}

/** How many have heard an answer of 200 in time. */
async function count(clients: readonly Client[], budgetMs: number): Promise<number> {
  const heard = (): number => clients.filter((client) => client.heard().answers[0]?.status === 200).length;
  await waitUntil(() => heard() === clients.length, { budgetMs, everyMs: 10 });
  return heard();
}

/** A subject of its own each time: what was found out about one may be remembered. */
async function tellThrown(bench: Bench, hook: string): Promise<string> {
  const get = `GET /api/trips/7 HTTP/1.1\nHost: fleet\nCookie: ${as(hook.replaceAll(' ', '')).cookie}\n\n`;
  hooks.broken = hook as Hook;
  const [failed] = (await talk(bench, get)).answers;
  hooks.broken = undefined;
  const [fine] = (await talk(bench, get)).answers;
  return `${failed?.status ?? 'no answer'}, then ${fine?.status ?? 'no answer'}`;
}
