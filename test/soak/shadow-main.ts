import { parseArgs } from 'node:util';
import type { WireReport } from '../../cutover/index.ts';
import { DefectWorld, findingsOf } from '../defects/defect-world.ts';
import { SEEDED } from '../defects/defects.ts';

const USAGE = `npm run soak:shadow [-- --requests N] [--rate N] [--lag MS] [--minutes N]

Shadows the real trips service while users send N requests, at most so many a second, with noise in front of both sides
and a copy that is up to MS behind; then the service with each of the seeded mistakes, at most so many minutes each. Prints
one line of JSON; the exit code is 1 when anything was found on the correct one, or a mistake was not found at its place.`;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    rate: { type: 'string', default: '200' },
    lag: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main(Number(values.requests), Number(values.rate), Number(values.lag), Number(values.minutes));

async function main(requests: number, requestsPerSecond: number, maxLagMs: number, minutes: number): Promise<void> {
  // The correct one is looked at for as long as its requests take; a mistake is found or missed within its minutes.
  const lag = { maxLagMs };
  const world = await DefectWorld.start({ requestsPerSecond, failureShare: 0.005, lag });
  try {
    const right = await world.run('right', [], { isEnough: () => world.traffic.report().requests >= requests });
    const { requests: asked, failed, staleReads } = world.traffic.report();
    const found = findingsOf(right);
    const figures = { requests: asked, failed, staleReads, ...countsOf(right), verdict: right.verdict, found };
    console.log(JSON.stringify(figures));
    lag.maxLagMs = 0;
    const missed = await missedDefects(world, minutes * 60_000);
    console.log(JSON.stringify({ soak: 'shadow', ...figures, defects: Object.keys(SEEDED).length, missed }));
    if (failed + staleReads + found.length + missed.length > 0 || right.verdict === 'fail') process.exitCode = 1;
  } finally {
    await world.stop();
  }
}

async function missedDefects(world: DefectWorld, budgetMs: number): Promise<string[]> {
  const missed: string[] = [];
  for (const [i, [defect, place]] of Object.entries(SEEDED).entries()) {
    const isEnough = (report: WireReport): boolean => findingsOf(report).includes(place);
    const startedAt = Date.now();
    const found = findingsOf(await world.run(`wrong-${i}`, [defect], { isEnough, budgetMs }));
    const isFound = found.includes(place);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.log(
      `${defect}: ${isFound ? `found within ${seconds} s, at ${place}` : `MISSED; found ${found.join(', ')}`}`,
    );
    if (!isFound) missed.push(defect);
  }
  return missed;
}

function countsOf({ seen, writes }: WireReport): object {
  const sum = (pick: (route: WireReport['seen'][number]['counts']) => number): number =>
    seen.reduce((all, { counts }) => all + pick(counts), 0);
  return {
    samples: sum(({ samples }) => samples),
    lagOnly: sum(({ lagOnly }) => lagOnly),
    unsettled: sum(({ unsettled }) => unsettled),
    writes: writes.reduce((all, { samples }) => all + samples, 0),
  };
}
