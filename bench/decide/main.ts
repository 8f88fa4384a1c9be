import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { makeRoutes } from './requests.ts';
import { openSubject, type Subject } from './subject.ts';

const USAGE = `npm run bench:decide [-- --json] [--rounds N] [--decisions N] [--routes 10,1000,10000]

How long the edge takes from the bytes of a request's head to handing it on: hygiene, match, identify, decide. No network.`;

interface Figures {
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    decisions: { type: 'string', default: '100000' },
    routes: { type: 'string', default: '10,1000,10000' },
  },
});
if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-decide-'));
  const subjects: Subject[] = [];
  try {
    for (const count of options.routes.split(','))
      subjects.push(await openSubject(makeRoutes(Number(count)), join(folder, `${count}.json`)));
    report(await measure(subjects));
  } finally {
    for (const subject of subjects) await subject.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In turns, so that what the machine does meanwhile falls on all alike; the first round is for the compiler. */
async function measure(subjects: readonly Subject[]): Promise<Map<number, Figures[]>> {
  const rounds = new Map<number, Figures[]>(subjects.map(({ routes }) => [routes, []]));
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const subject of subjects) {
      const figures = await oneRound(subject);
      if (round > 0) rounds.get(subject.routes)?.push(figures);
    }
  }
  return rounds;
}

async function oneRound(subject: Subject): Promise<Figures> {
  const took = new Float64Array(Number(options.decisions));
  for (let i = 0; i < took.length; i++) {
    took[i] = subject.decide(i) / 1000;
    if (i % 32 === 31) await new Promise(setImmediate); // What follows a decision is done as it is in an edge.
  }
  took.sort();
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
  return { meanUs: took.reduce((sum, us) => sum + us, 0) / took.length, p50Us: at(0.5), p99Us: at(0.99) };
}

function report(rounds: Map<number, Figures[]>): void {
  const peers = [...rounds].map(([routes, figures]) => ({ routes, ...medians(figures) }));
  const rows = peers.map(({ routes, meanUs, p50Us, p99Us }) => [routes, meanUs, p50Us, p99Us]);
  console.log(table(['routes', 'mean µs', 'p50 µs', 'p99 µs'], rows));
  const [few, many] = [peers[0], peers.at(-1)];
  const ratio = round((many?.p50Us ?? Number.NaN) / (few?.p50Us ?? Number.NaN));
  console.log(`a decision among ${many?.routes} routes takes ${ratio} × one among ${few?.routes}`);
  console.log(`${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, medians of ${options.rounds} rounds`);
  if (options.json) console.log(JSON.stringify({ bench: 'decide', peers, ratio }));
}

function medians(figures: readonly Figures[]): Figures {
  const median = (key: keyof Figures): number => {
    const sorted = figures.map((one) => one[key]).toSorted((a, b) => a - b);
    return round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
  };
  return { meanUs: median('meanUs'), p50Us: median('p50Us'), p99Us: median('p99Us') };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
