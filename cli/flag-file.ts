import { cutoverErrors } from '../cutover/index.ts';
import { FlagFile, unitFlag } from '../flags/index.ts';
import { readSettings } from '../shared/index.ts';
import type { Context } from './context.ts';
import { cliErrors } from './errors.ts';
import { flagSettings } from './settings.ts';

/**
 * The flag file in which a command may edit a unit. Refused where the edit would change nothing that the edge looks at:
 * the flags are in Unleash, or no unit of that name was ever started.
 */
export async function editedFlags(context: Context, unit: string, flag: string): Promise<FlagFile> {
  const { BANYAN_FLAGS: path, UNLEASH_URL: url } = readSettings(flagSettings, context.env);
  if (url !== '')
    throw cliErrors.error('CLI_FLAGS_ELSEWHERE', {
      message: `${path} is not in use: UNLEASH_URL is set`,
      fix: `change the flag ${flag} in Unleash`,
    });
  const file = new FlagFile(path);
  const { features } = await file.read();
  const missing = [unitFlag(unit), flag].find((wanted) => features.every(({ name }) => name !== wanted));
  if (missing === undefined) return file;
  throw cutoverErrors.error('UNIT_UNKNOWN', {
    message: `${path} has no flag ${missing}`,
    fix: 'use a unit that `banyan status` lists and a cohort of its ladder; `banyan up` adds their flags to the file',
  });
}
