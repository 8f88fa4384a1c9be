import type { DeclaredUnit, Plan } from '../cutover/index.ts';
import { createFileFlagProvider, createUnleashFlagProvider, FlagFile, type FlagProvider } from '../flags/index.ts';
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

async function declareFlags(path: string, units: readonly DeclaredUnit[]): Promise<void> {
  const file = new FlagFile(path);
  for (const { plan } of units) await file.createUnit(plan.unit, cohortsOf(plan));
}

function cohortsOf(plan: Plan): string[] {
  return plan.rollout.ladder.flatMap(({ cohort }) => (cohort ? [cohort] : []));
}
