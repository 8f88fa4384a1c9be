import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../shared/index.ts';
import { startKafka, startMariaDb, startPostgres, startToxiproxy, startUnleash } from '../stack/index.ts';
import { summarize, type JestReport, type StepResult } from './test-summary.ts';

const CHECKS = ['format:check', 'lint', 'types'];
const SELECTIONS = ['test:unit', 'test:int', 'test:e2e'];
const STEP_LIMIT_MS = 2_400_000;

/** Runs every step even after a red one, so that one run tells everything. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-test-'));
  const steps: StepResult[] = [];
  // Hundreds of programs are started, each from its sources: what one has compiled the next one need not.
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
  // No JVM lives long enough here to earn back what its second compiler costs: half of the time of a start.
  process.env['JAVA_TOOL_OPTIONS'] ??= '-XX:TieredStopAtLevel=1';
  try {
    const warming = warmStack(); // The checks need none of it.
    for (const name of CHECKS) steps.push(await timed(name, () => runCheck(name)));
    steps.push(await timed('stack', () => told(warming)));
    for (const name of SELECTIONS) steps.push(await timed(name, () => runJest(name, join(folder, 'report.json'))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  close(steps);
}

function close(steps: readonly StepResult[]): void {
  const { passed, failed, skipped, reasons } = summarize(steps, process.env['CI'] === 'true');
  for (const reason of reasons) console.log(reason);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function timed(name: string, work: () => Promise<StepResult>): Promise<StepResult> {
  const start = performance.now();
  console.log(`\n== ${name}`);
  const step = await work();
  console.log(
    `== ${name}: ${step.exitCode === 0 ? 'ok' : 'failed'} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  return step;
}

async function runCheck(name: string): Promise<StepResult> {
  return { name, exitCode: await runScript([name]) };
}

const SERVERS = { MariaDB: startMariaDb, Kafka: startKafka, toxiproxy: startToxiproxy };

interface Warming {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Gets and starts each server once before the tests: fetching one may take longer than any single test may. */
async function warmStack(): Promise<Warming> {
  const lines: string[] = [];
  try {
    for (const [name, start] of Object.entries(SERVERS)) {
      const server = await start();
      lines.push(`${name} ${server.version}`);
      await server.stop();
    }
    lines.push(...(await warmUnleash()));
    return { lines, exitCode: 0 };
  } catch (error) {
    return { lines: [...lines, messageOf(error)], exitCode: 1 };
  }
}

async function told(warming: Promise<Warming>): Promise<StepResult> {
  const { lines, exitCode } = await warming;
  for (const line of lines) console.log(line);
  return { name: 'stack', exitCode };
}

async function warmUnleash(): Promise<string[]> {
  const database = await startPostgres();
  try {
    const server = await startUnleash({ database: database.url });
    await server.stop();
    return [`PostgreSQL ${database.version}`, `Unleash ${server.version}`];
  } finally {
    await database.stop();
  }
}

async function runJest(name: string, file: string): Promise<StepResult> {
  rmSync(file, { force: true });
  const exitCode = await runScript([name, '--', '--json', '--outputFile', file]);
  const report = readReport(file);
  return report === undefined ? { name, exitCode: exitCode || 1 } : { name, exitCode, report };
}

function readReport(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    return undefined;
  }
}

/** The exit code of an npm script; a step over its time limit is ended and failed, with all it started. */
function runScript(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '-s', ...args], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const end = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const interrupted = (): void => {
      end();
      process.exit(130);
    };
    const limit = setTimeout(end, STEP_LIMIT_MS);
    const done = (code: number): void => {
      clearTimeout(limit);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      resolve(code);
    };
    process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
    child.once('error', () => done(1));
    child.once('exit', (code) => done(code ?? 1));
  });
}

await main();
