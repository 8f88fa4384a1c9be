import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { waitUntil, type ApiClient } from '../../shared/index.ts';
import { FlagFile } from '../../flags/index.ts';
import { startDistributed } from '../../test/support/distributed.ts';
import { sessionOf } from '../../test/support/session.ts';
import { startWorld } from '../../test/support/world.ts';

const USAGE = `npm run bench:flip [-- --json] [--flips N] [--edges N]

How long it takes from a command until the last of several edges, each a process of its own, decides by it:
push       banyan stage: control checks the gates, commits, and tells the edges down their connections
flag-file  a kill by the flag file, which each edge watches`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    flips: { type: 'string', default: '200' },
    edges: { type: 'string', default: '3' },
  },
});
const flips = Number(options.flips);
const WARM_UP = 10;
const USER = 11;

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const world = await startWorld({ size: { users: 50, vehicles: 10, trips: 200 } });
  const banyan = await startDistributed(world, {}, { edges: Number(options.edges) });
  try {
    await banyan.walkTo('shadow');
    const headers = { ...(await sessionOf(banyan.edgeUrl, USER)), 'x-banyan-explain': '1' };
    const seen = (url: string, name: string): Promise<string> => headerOf(url, headers, name);
    const all = banyan.edgeUrls;
    const push = await measure((i) => {
      const stage = i % 2 === 0 ? 'legacy' : 'shadow';
      return {
        run: () => move(banyan.control, stage),
        at: all,
        isDone: async (url) => (await seen(url, 'stage')) === stage,
      };
    });
    const flags = new FlagFile(world.env['BANYAN_FLAGS'] ?? '');
    const file = await measure((i) => {
      const killed = i % 2 === 0;
      return {
        run: () => flags.setKilled('trips', killed, { dryRun: false }),
        at: all,
        isDone: async (url) => ((await seen(url, 'reason')) === 'killed') === killed,
      };
    });
    report({ push, 'flag-file': file });
  } finally {
    await banyan.stop();
    await world.stop();
  }
}

interface Flip {
  readonly run: () => Promise<unknown>;
  readonly at: readonly string[];
  readonly isDone: (url: string) => Promise<boolean>;
}

/** Milliseconds from the command to the last edge, for each flip, in ascending order. */
async function measure(flipAt: (i: number) => Flip): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < WARM_UP + flips; i++) {
    const { run, at, isDone } = flipAt(i);
    const startedAt = performance.now();
    const arrivals = at.map(async (url) => {
      if (!(await waitUntil(() => isDone(url), { budgetMs: 10_000, everyMs: 1 })))
        throw new Error(`${url} never flipped`);
      return performance.now() - startedAt;
    });
    const [times] = await Promise.all([Promise.all(arrivals), run()]);
    if (i >= WARM_UP) taken.push(Math.max(...times));
  }
  return taken.toSorted((a, b) => a - b);
}

function move(control: ApiClient, to: string): Promise<unknown> {
  return control.post('/v1/units/trips/stage', { to, who: 'bench', reason: 'flip' });
}

async function headerOf(url: string, headers: Record<string, string>, name: string): Promise<string> {
  const answer = await fetch(`${url}/api/trips`, { headers });
  await answer.arrayBuffer();
  return answer.headers.get(`x-banyan-${name}`) ?? '';
}

function report(results: Readonly<Record<string, readonly number[]>>): void {
  const peers = Object.entries(results).map(([name, times]) => {
    const quantile = (q: number): number => Number((times[Math.floor((times.length - 1) * q)] ?? 0).toFixed(1));
    return { name, flips: times.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) };
  });
  console.log(
    table(
      ['peer', 'flips', 'p50 ms', 'p99 ms', 'longest ms'],
      peers.map((peer) => Object.values(peer)),
    ),
  );
  console.log(
    `From the command to the last of ${options.edges} edges, found out by asking each every millisecond or so.`,
  );
  if (options.json) console.log(JSON.stringify({ bench: 'flip', peers }));
}
