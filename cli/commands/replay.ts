import { writeFileSync } from 'node:fs';
import { readDeclaration, type Plan } from '../../cutover/index.ts';
import { AnswerComparer, RuleBook } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { jestFile } from '../replay/jest-export.ts';
import { pactOf } from '../replay/pact-export.ts';
import { readRecording, type RecordingFile } from '../replay/recording-file.ts';
import { ReplayTarget } from '../replay/replay-target.ts';
import { replay as run, type ReplayResult } from '../replay/replay.ts';
import { Sessions } from '../replay/sessions.ts';
import { replaySettings } from '../settings.ts';
import { print, table } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

export interface ReplayFlags {
  readonly speed: string;
  readonly sessions?: string;
  readonly writes?: boolean;
  readonly choose?: string;
  readonly jest?: string;
  readonly pact?: string;
}

const CONNECTIONS = 16;

/** Sends a recording to both sides and compares, as the shadow does. Fails when something differs. */
export async function replay(context: Context, path: string, flags: ReplayFlags): Promise<void> {
  const settings = readSettings(replaySettings, context.env);
  const recording = await readRecording(path);
  const declared = readDeclaration(settings.BANYAN_PLANS, context.env, { withDatabases: false }).units;
  const { plan } = unitOf(declared, recording.head.unit);
  const urls = sidesOf(plan, settings.LEGACY_URL, flags.writes ?? false);
  const sessions = new Sessions({ path: flags.sessions, unit: plan.unit, identityKey: settings.BANYAN_IDENTITY_KEY });
  requireSessions(sessions, recording);
  const [control, candidate] = [
    new ReplayTarget(urls.legacy, CONNECTIONS),
    new ReplayTarget(urls.service, CONNECTIONS),
  ];
  const [chosen, { signal }] = [chosenOf(flags), context];
  const [speed, writes] = [speedOf(flags.speed), flags.writes ?? false];
  const { requests } = recording;
  try {
    const result = await run({
      requests,
      control,
      candidate,
      sessions,
      comparerOf: comparers(plan),
      speed,
      writes,
      chosen,
      signal,
    });
    exportSamples(plan.unit, flags, result);
    conclude(context, plan.unit, result);
  } finally {
    await Promise.all([control.close(), candidate.close()]);
  }
}

/** Writes go to copies that the plan calls disposable, and nowhere else. */
function sidesOf(
  { unit, service, disposable }: Plan,
  legacy: string,
  writes: boolean,
): { legacy: string; service: string } {
  if (!writes) return { legacy, service: service.url };
  const message = `${unit} has no disposable copies in its plan, and writes are sent to nothing else`;
  if (!disposable) throw cliErrors.error('REPLAY_REFUSED', { message });
  const live = new Set([legacy, service.url].map((url) => new URL(url).origin));
  const taken = [disposable.legacy, disposable.service].find((url) => live.has(new URL(url).origin));
  if (taken === undefined) return disposable;
  throw cliErrors.error('REPLAY_REFUSED', {
    message: `${taken} is called disposable by the plan of ${unit} and is in use`,
  });
}

function requireSessions(sessions: Sessions, { requests }: RecordingFile): void {
  const unknown = sessions.unknown(requests.map(({ session }) => session));
  if (unknown.length === 0) return;
  const message = `nobody is named for ${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}`;
  throw cliErrors.error('CLI_USAGE', { message, fix: 'give --sessions a file that names them, or "*"' });
}

function comparers({ comparison = {} }: Plan): (route: string) => AnswerComparer {
  const known = new Map<string, AnswerComparer>();
  const { rules: all = [], headers } = comparison;
  return (route) => {
    const rules = new RuleBook(all, { route, nowMs: Date.now() });
    const comparer = known.get(route) ?? new AnswerComparer({ rules, ...(headers && { headers }) });
    known.set(route, comparer);
    return comparer;
  };
}

function exportSamples(unit: string, { jest, pact }: ReplayFlags, { samples }: ReplayResult): void {
  if (jest !== undefined) writeFileSync(jest, jestFile(unit, samples));
  if (pact !== undefined) writeFileSync(pact, `${JSON.stringify(pactOf(unit, samples), undefined, 2)}\n`);
}

function conclude({ output }: Context, unit: string, { routes, samples }: ReplayResult): void {
  const rows = routes.map((one) => [one.route, one.samples, one.mismatches, one.failed, one.skipped]);
  const found = routes.flatMap(({ route, differences }) =>
    differences.map(({ path, class: kind, count }) => [route, kind, path, count]),
  );
  const listed = found.length === 0 ? '' : `\n${table(['ROUTE', 'CLASS', 'PATH', 'TIMES'], found)}`;
  const text = `${table(['ROUTE', 'SAMPLES', 'MISMATCHES', 'FAILED', 'SKIPPED'], rows)}${listed}`;
  print(output, { unit, routes, exported: samples.map(({ number }) => number) }, text);
  const wrong = routes.reduce((sum, { mismatches, failed }) => sum + mismatches + failed, 0);
  if (wrong > 0)
    throw cliErrors.error('REPLAY_DIFFERS', { message: `${wrong} answers of ${unit} differ or are missing` });
}

function chosenOf({ choose, jest, pact }: ReplayFlags): ReadonlySet<number> {
  const numbers = (choose ?? '')
    .split(',')
    .filter((one) => one !== '')
    .map(Number);
  const isWrong = numbers.some((one) => !Number.isInteger(one) || one < 1);
  if (isWrong) throw usage(`--choose is ${choose}`, 'numbers of requests, from 1, with commas');
  if (numbers.length > 0 !== (jest !== undefined || pact !== undefined))
    throw usage('one of --choose and --jest or --pact is missing', 'what is chosen, and where it goes');
  return new Set(numbers);
}

function speedOf(text: string): number {
  const speed = text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  if (speed > 0) return speed;
  throw usage(`--speed is ${text}`, 'a number above 0, or max');
}

function usage(what: string, expected: string): Error {
  return cliErrors.error('CLI_USAGE', { message: `${what}; expected ${expected}`, fix: 'change the command' });
}
