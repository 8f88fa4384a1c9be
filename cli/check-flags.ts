import type { CheckItem } from '../cdc/index.ts';
import type { DeclaredUnit } from '../cutover/index.ts';
import { findingsOn } from '../flags/index.ts';
import { silentLog } from '../shared/index.ts';
import { cohortsOf, flagsFromUnleash, type FlagSettings } from './flags.ts';

/** Whether Unleash gives the edges their flags, and whether these are as the plans need them. Nothing to do for a file. */
export async function checkFlags(settings: FlagSettings, units: readonly DeclaredUnit[]): Promise<CheckItem[]> {
  if (settings.UNLEASH_URL === '') return [];
  const subject = `flags of ${settings.UNLEASH_URL}`;
  const flags = flagsFromUnleash({ ...settings, BANYAN_FLAGS_SNAPSHOT: '' }, silentLog);
  await flags.start();
  await flags.stop();
  const set = flags.features();
  const [failure = 'no answer'] = Object.keys(flags.health().failures);
  const expected = 'a set of flags for UNLEASH_API_TOKEN';
  if (!set) return [{ verdict: 'problem', subject, value: failure, expected, fix: 'see docs/how-to-flags.md' }];
  const findings = units.flatMap(({ plan }) => findingsOn(set, plan.unit, cohortsOf(plan)));
  return [
    { verdict: 'ok', subject, value: `${set.features.length} flags`, expected, fix: '' },
    ...findings.map(({ flag, is, fix }) => warning(flag, is, fix)),
  ];
}

function warning(flag: string, value: string, fix: string): CheckItem {
  return { verdict: 'warning', subject: `flag ${flag}`, value, expected: 'as the plan needs it', fix };
}
