import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import type { ApiClient } from '../../shared/index.ts';
import { FlagFile } from '../../flags/index.ts';
import { startDistributed } from '../../test/support/distributed.ts';
import { sessionOf } from '../../test/support/session.ts';
import { startWorld } from '../../test/support/world.ts';
import { flipMs, quantile, type Flip } from './measure.ts';

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
        run: () => timed(() => move(banyan.control, stage)),
        at: all,
        isDone: async (url) => (await seen(url, 'stage')) === stage,
      };
    });
    const flags = new FlagFile(world.env['BANYAN_FLAGS'] ?? '');
    const file = await measure((i) => {
      const killed = i % 2 === 0;
      return {
        run: () => timed(() => flags.setKilled('trips', killed, { dryRun: false })),
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

/** Milliseconds of each flip. */
async function measure(flipAt: (i: number) => Flip): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < WARM_UP + flips; i++) {
    const ms = await flipMs(flipAt(i));
    if (i >= WARM_UP) taken.push(ms);
  }
  return taken;
}

/** When it was begun. */
async function timed(command: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await command();
  return startedAt;
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
    const at = (q: number): number => quantile(times, q);
    return { name, flips: times.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
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
