import type { DeclaredUnit, Plan } from '../cutover/index.ts';
import {
  createFileFlagProvider,
  createUnleashFlagProvider,
  FlagFile,
  KillSwitch,
  type FlagProvider,
} from '../flags/index.ts';
import type { Log } from '../shared/index.ts';
import type { OpenParts } from './open-parts.ts';

export interface FlagSettings {
  readonly BANYAN_FLAGS: string;
  readonly UNLEASH_URL: string;
  readonly UNLEASH_API_TOKEN: string;
}

/** Flags from Unleash, or from the file, which gets what the plans name and it lacks. */
export async function startFlags(
  settings: FlagSettings,
  units: readonly DeclaredUnit[],
  log: Log,
  open: OpenParts,
): Promise<FlagProvider> {
  const { UNLEASH_URL: url, UNLEASH_API_TOKEN: token, BANYAN_FLAGS: path } = settings;
  const flags = url
    ? createUnleashFlagProvider({ url, token, appName: 'banyan', log })
    : createFileFlagProvider({ path, log });
  if (!url) await declareFlags(path, units);
  await flags.start();
  open.add(() => flags.stop());
  return flags;
}

/** The kill switch of an edge, its file read. Started before the flags: it must work while they cannot be had. */
export async function startKillSwitch(
  { KILL_FILE: path }: { readonly KILL_FILE: string },
  units: readonly DeclaredUnit[],
  log: Log,
  open: OpenParts,
): Promise<KillSwitch> {
  const names = units.map(({ plan }) => plan.unit);
  const killSwitch = new KillSwitch({ ...(path === '' ? {} : { path }), units: names, log });
  await killSwitch.start();
  open.add(() => killSwitch.stop());
  return killSwitch;
}

async function declareFlags(path: string, units: readonly DeclaredUnit[]): Promise<void> {
  const file = new FlagFile(path);
  for (const { plan } of units) await file.createUnit(plan.unit, cohortsOf(plan));
}

function cohortsOf(plan: Plan): string[] {
  return plan.rollout.ladder.flatMap(({ cohort }) => (cohort ? [cohort] : []));
}
