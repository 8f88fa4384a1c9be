import { seededRandom } from '../../shared/index.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsePosition, type NamedPoint, type Position } from '../../cdc/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { compare, type Comparison } from './comparison.ts';
import { createSoakStream, sourceDdl, targetDdl } from './soak-unit.ts';
import { startWriter } from './writer.ts';

export interface SoakReport extends Comparison {
  readonly kills: number;
  /** Of these so many at a named point; the others at any moment. */
  readonly atPoints: number;
  /** Transactions the source acknowledged meanwhile. */
  readonly transactions: number;
  readonly seconds: number;
}

export interface SoakOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: (kills: number, transactions: number) => void;
}

const applier = fileURLToPath(new URL('applier-main.ts', import.meta.url));
const points: readonly NamedPoint[] = [
  'stream:resumed',
  'apply:begin',
  'apply:sent',
  'apply:piece',
  'apply:before-commit',
  'apply:committed',
];

/**
 * Kills the applier (-9) again and again, at named points and at any moment, while a writer writes; then lets one run to
 * the end and compares every row of both sides, and the target's audit with what was ever inserted.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const startedAt = Date.now();
  const random = seededRandom(options.seed);
  const [source, target] = await Promise.all([startMariaDb(), startMariaDb()]);
  try {
    await prepare(source, target);
    const writer = await startWriter(source.url(), random);
    const env = { SOAK_SOURCE: source.url(), SOAK_TARGET: target.url() };
    let atPoints = 0;
    for (let kills = 0; kills < options.kills; kills++) {
      if (await runAndKill(env, random)) atPoints += 1;
      options.onProgress?.(kills + 1, writer.transactions());
    }
    await writer.stop();
    await runToTheEnd(source, target);
    const { rows, differences } = await compare(source, target);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    return { kills: options.kills, atPoints, transactions: writer.transactions(), rows, differences, seconds };
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

/** The first copy is over before the first fault: what a copy writes again is not an effect that came twice. */
export async function prepare(source: MariaDb, target: MariaDb): Promise<void> {
  await source.sql(sourceDdl);
  await target.sql(targetDdl);
  const stream = createSoakStream({ source: source.url(), target: target.url() });
  await stream.start();
  await stream.whenStreaming();
  await stream.stop();
}

/** True when it died at a named point by itself; one that never comes there is killed from outside. */
async function runAndKill(env: Readonly<Record<string, string>>, random: () => number): Promise<boolean> {
  const isChosen = random() < 0.5;
  const point = points[Math.floor(random() * points.length)] as string;
  const crash = isChosen ? { CRASH_AT: point, CRASH_HIT: String(1 + Math.floor(random() * 6)) } : {};
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', applier], {
    env: { ...process.env, ...env, ...crash },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const died = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([once(child.stdout, 'data'), died]);
  // Half of the time it is so early that the stream is still finding out where it stands.
  const waitMs = isChosen ? 1_500 : Math.floor(random() ** 3 * 600);
  const atPoint = await Promise.race([died.then(() => true), sleep(waitMs, false)]);
  if (!atPoint) kill(child);
  const [code] = await died;
  if (code !== null) throw new Error(`the applier ended by itself with ${code}`);
  return atPoint;
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
}

async function runToTheEnd(source: MariaDb, target: MariaDb): Promise<void> {
  const stream = createSoakStream({ source: source.url(), target: target.url() });
  await stream.start();
  try {
    const caughtUp = await stream.waitFor(await headOf(source), { budgetMs: 120_000 });
    if (!caughtUp) throw new Error(`the stream did not come to the end: ${JSON.stringify(stream.state())}`);
  } finally {
    await stream.stop();
  }
}

export async function headOf(source: MariaDb): Promise<Position> {
  const [row] = await source.sql<{ position: string }>('SELECT @@GLOBAL.gtid_binlog_pos AS position');
  return parsePosition(row?.position ?? '');
}
