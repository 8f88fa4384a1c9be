import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import type { HandoverMove } from '../../cutover/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../../test/support/distributed.ts';
import { changedPlans, QUICK_SHADOW } from '../../test/support/plans.ts';
import { sessionOf } from '../../test/support/session.ts';
import { startWorld } from '../../test/support/world.ts';
import { flipMs, quantile } from '../flip/measure.ts';
import { autoRollback, type AutoRollback } from './auto-rollback.ts';
import { fenceCost, type FenceCost } from './fence-cost.ts';
import { WriterStorm } from './writer-storm.ts';

const USAGE = `npm run bench:cutover [-- --json] [--cutovers N] [--writes N] [--edges N] [--faults N]

Hands a unit over and back N times while users write through several edges, each a process of its own. For each handover the
slowest write and the slowest read under way in it count. Beside that: how long a decision takes to the last edge, what the
fence adds to a write, and how soon the last user has had an answer of a service that began to fail at canary.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    cutovers: { type: 'string', default: '100' },
    writes: { type: 'string', default: '500' },
    edges: { type: 'string', default: '3' },
    faults: { type: 'string', default: '5' },
  },
});
const OBSERVER = 99;
const READS_PER_SECOND = 50;
const BETWEEN_MS = 100;
const WHY = { who: 'bench@here', reason: 'there and back' };

interface Measured {
  readonly cutovers: number;
  readonly notDone: readonly string[];
  readonly failures: readonly string[];
  readonly writes: number;
  readonly seconds: number;
  readonly holdMs: readonly number[];
  readonly readMs: readonly number[];
  readonly decisionMs: readonly number[];
  readonly fence: FenceCost;
  readonly rollback: AutoRollback;
}

if (options.help) console.log(USAGE);
else report(await main());

async function main(): Promise<Measured> {
  const fence = await fenceCost();
  const rollback = await autoRollback(Number(options.faults), Number(options.edges));
  const world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const BANYAN_PLANS = changedPlans((plan) =>
    // A storm of this size may keep the copy a second behind for a moment; the handover waits for it by itself.
    Object.assign(plan['gates'] ?? {}, { lag: { maxMs: 5_000 }, shadow: QUICK_SHADOW }),
  );
  const banyan = await startDistributed(world, { BANYAN_PLANS, LOG_LEVEL: 'fatal' }, { edges: Number(options.edges) });
  const rates = { writesPerSecond: Number(options.writes), readsPerSecond: READS_PER_SECOND };
  const storm = new WriterStorm({ edgeUrls: banyan.edgeUrls, users: { from: 11, count: 80 }, ...rates });
  try {
    await walkUp(banyan);
    await storm.start();
    for (const direction of ['forward', 'reverse'])
      await banyan.control.run('/v1/units/trips/verify', { direction }, () => undefined);
    return { fence, rollback, ...(await thereAndBack(banyan, storm)) };
  } finally {
    await storm.stop();
    await banyan.stop();
    await world.stop();
  }
}

/** As ordinary users do, over all routes, so that every gate has something to go by. */
async function walkUp(banyan: Distributed): Promise<void> {
  const users = { from: 11, count: 40 };
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
}

async function thereAndBack(banyan: Distributed, storm: WriterStorm): Promise<Omit<Measured, 'fence' | 'rollback'>> {
  const [holdMs, readMs, decisionMs, notDone]: [number[], number[], number[], string[]] = [[], [], [], []];
  const headers = { ...(await sessionOf(banyan.edgeUrl, OBSERVER)), 'x-banyan-explain': '1' };
  const startedAt = performance.now();
  let writes = 0;
  storm.failures = [];
  storm.drain();
  const handOver = async (direction: 'cutover' | 'rollback', owner: string): Promise<void> => {
    const from = performance.now();
    const isDone = async (url: string): Promise<boolean> => (await ownerAt(url, headers)) === owner;
    const run = async (): Promise<number> => {
      const { move, askedAt } = await insist(banyan, direction);
      if (move.outcome === 'refused') throw new Error(`a ${direction} is refused: ${JSON.stringify(move)}`);
      if (move.outcome !== 'done') notDone.push(JSON.stringify(move));
      return askedAt;
    };
    decisionMs.push(await flipMs({ run, at: banyan.edgeUrls, isDone }));
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    const { writeMs, readMs: longestRead } = storm.slowest(from, performance.now());
    holdMs.push(writeMs);
    readMs.push(longestRead);
    writes += storm.drain().writes;
  };
  const cutovers = Number(options.cutovers);
  for (let i = 0; i < cutovers; i++) {
    await handOver('cutover', 'service');
    await handOver('rollback', 'legacy');
    if (!options.json && (i + 1) % 10 === 0) console.log(`${i + 1} of ${cutovers} there and back`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { cutovers, notDone, failures: storm.failures, writes, seconds, holdMs, readMs, decisionMs };
}

interface Asked {
  readonly move: HandoverMove;
  readonly askedAt: number;
}

/** A copy that lags behind the storm for a moment keeps a gate closed; who hands over asks again. */
async function insist(banyan: Distributed, direction: 'cutover' | 'rollback'): Promise<Asked> {
  let asked: Asked | undefined;
  const isTaken = async (): Promise<boolean> => {
    const askedAt = performance.now();
    const path = `/v1/units/trips/${direction}`;
    asked = { move: await banyan.control.run<HandoverMove>(path, WHY, () => undefined), askedAt };
    return asked.move.outcome !== 'refused';
  };
  await waitUntil(isTaken, { budgetMs: 15_000, everyMs: 20 });
  if (!asked) throw new Error('no answer');
  return asked;
}

/** Who an edge sends a reader to: the service as the owner of the rows, or by its stage. */
async function ownerAt(url: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${url}/api/trips`, { headers });
  await answer.arrayBuffer();
  return answer.headers.get('x-banyan-reason') === 'owned' ? 'service' : 'legacy';
}

function report({
  cutovers,
  notDone,
  failures,
  writes,
  seconds,
  holdMs,
  readMs,
  decisionMs,
  fence,
  rollback,
}: Measured): void {
  const lines = { 'slowest write': holdMs, 'slowest read': readMs, 'command to last edge': decisionMs };
  const quantiles = [0.5, 0.99, 1];
  console.log(
    table(
      ['in each handover', 'p50 ms', 'p99 ms', 'longest ms'],
      Object.entries(lines).map(([name, times]) => [name, ...quantiles.map((q) => quantile(times, q))]),
    ),
  );
  console.log(
    `${cutovers} cutovers and rollbacks in ${seconds.toFixed(0)} s, ${Math.round(writes / seconds)} writes/s, ` +
      `${failures.length} requests failed, ${notDone.length} handovers were not done`,
  );
  for (const line of [...notDone, ...failures].slice(0, 10)) console.log(line);
  console.log(`a single-row commit: ${fence.plainUs} µs, behind the fence ${fence.fencedUs} µs: ${fence.ratio} ×`);
  const { detectedMs, lastAnswerMs } = rollback;
  console.log(
    `a service that fails a third of its answers: accused after ${quantile(detectedMs, 0.5)} ms (longest ` +
      `${quantile(detectedMs, 1)}), its last answer to a user ${quantile(lastAnswerMs, 1)} ms later at the most`,
  );
  if (!options.json) return;
  const peer = {
    name: 'banyan',
    cutovers,
    failedRequests: failures.length,
    notDone: notDone.length,
    writesPerS: Math.round(writes / seconds),
    holdP50Ms: quantile(holdMs, 0.5),
    holdP99Ms: quantile(holdMs, 0.99),
    readP99Ms: quantile(readMs, 0.99),
    decisionP99Ms: quantile(decisionMs, 0.99),
    autoRollbackMs: quantile(lastAnswerMs, 1),
    detectedMs: quantile(detectedMs, 0.5),
    fenceWriteCost: fence.ratio,
  };
  console.log(JSON.stringify({ bench: 'cutover', peers: [peer] }));
}
