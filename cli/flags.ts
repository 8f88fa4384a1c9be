import type { DeclaredUnit, Plan } from '../cutover/index.ts';
import {
  createFileFlagProvider,
  createUnleashFlagProvider,
  FlagFile,
  FlagServer,
  KillSwitch,
  type FlagProvider,
} from '../flags/index.ts';
import { describeProblems, settingsErrors, type Log, type Problem } from '../shared/index.ts';
import type { OpenParts } from './open-parts.ts';

export interface FlagSettings {
  readonly BANYAN_FLAGS: string;
  readonly BANYAN_FLAGS_SNAPSHOT: string;
  readonly UNLEASH_URL: string;
  readonly UNLEASH_API_TOKEN: string;
  readonly UNLEASH_POLL_MS: number;
}

/** Flags from Unleash, or from the file, which gets what the plans name and it lacks. */
export async function startFlags(
  settings: FlagSettings,
  units: readonly DeclaredUnit[],
  log: Log,
  open: OpenParts,
): Promise<FlagProvider> {
  const { UNLEASH_URL: url, BANYAN_FLAGS: path } = settings;
  const flags = url ? flagsFromUnleash(settings, log) : createFileFlagProvider({ path, log });
  if (!url) await declareFlags(path, units);
  await flags.start();
  open.add(() => flags.stop());
  return flags;
}

/** The flags of UNLEASH_URL, not started. Throws SETTINGS_INVALID with all that is missing for them. */
export function flagsFromUnleash(settings: FlagSettings, log: Log): FlagProvider {
  const { UNLEASH_URL: url, UNLEASH_API_TOKEN: token, UNLEASH_POLL_MS: refreshMs } = settings;
  const problems = [
    ...(URL.canParse(url) ? [] : [problem('UNLEASH_URL', `"${url}"`, 'a URL such as https://unleash.example/api')]),
    ...(token === '' ? [problem('UNLEASH_API_TOKEN', 'empty', 'a backend token of UNLEASH_URL')] : []),
    ...(refreshMs >= 100 ? [] : [problem('UNLEASH_POLL_MS', String(refreshMs), 'at least 100')]),
  ];
  if (problems.length > 0) throw settingsErrors.error('SETTINGS_INVALID', { message: describeProblems(problems) });
  const snapshotPath = settings.BANYAN_FLAGS_SNAPSHOT;
  return createUnleashFlagProvider({ url, token, refreshMs, snapshotPath, appName: 'banyan', log });
}

function problem(subject: string, value: string, expected: string): Problem {
  return { subject, value, expected, fix: `change ${subject}` };
}

/** What gives the flags of this process to SDKs and to edges; nothing without a token. */
export function openFlagServer(
  { BANYAN_FLAGS_TOKEN: token }: { readonly BANYAN_FLAGS_TOKEN: string },
  flags: FlagProvider,
  open: OpenParts,
): FlagServer | undefined {
  if (token === '') return undefined;
  const server = new FlagServer({ flags, token });
  open.add(() => Promise.resolve(server.close()));
  return server;
}

/** The kill switch of an edge, its file read. Started before the flags: it must work while they cannot be had. */
export async function startKillSwitch(
  { KILL_FILE: path }: { readonly KILL_FILE: string },
  units: readonly DeclaredUnit[],
  log: Log,
  open: OpenParts,
): Promise<KillSwitch> {
  return openSwitch(path, units, 'takes units off their services', log, open);
}

async function openSwitch(
  path: string,
  units: readonly DeclaredUnit[],
  effect: string,
  log: Log,
  open: OpenParts,
): Promise<KillSwitch> {
  const names = units.map(({ plan }) => plan.unit);
  const killSwitch = new KillSwitch({ ...(path === '' ? {} : { path }), units: names, effect, log });
  await killSwitch.start();
  open.add(() => killSwitch.stop());
  return killSwitch;
}

/** Units whose shadow writes are stopped at an edge, its file read. */
export async function startWriteLatch(
  { SHADOW_WRITES_FILE: path }: { readonly SHADOW_WRITES_FILE: string },
  units: readonly DeclaredUnit[],
  log: Log,
  open: OpenParts,
): Promise<KillSwitch> {
  return openSwitch(path, units, 'stops shadow writes of units', log, open);
}

async function declareFlags(path: string, units: readonly DeclaredUnit[]): Promise<void> {
  const file = new FlagFile(path);
  for (const { plan } of units) await file.createUnit(plan.unit, cohortsOf(plan));
}

/** The cohorts that the rungs of a plan's ladder name. */
export function cohortsOf(plan: Plan): string[] {
  return plan.rollout.ladder.flatMap(({ cohort }) => (cohort ? [cohort] : []));
}
