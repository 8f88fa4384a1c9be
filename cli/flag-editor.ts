import { cutoverErrors } from '../cutover/index.ts';
import { environmentOf, FlagFile, UnleashEditor, unitFlag, type FlagEditor } from '../flags/index.ts';
import { describeProblems, readSettings, settingsErrors } from '../shared/index.ts';
import type { Context } from './context.ts';
import { cliErrors } from './errors.ts';
import { flagSettings } from './settings.ts';

/** What changes the flags that the edges look at: the flag file, or Unleash with a token that may. */
export function flagEditor({ env }: Context): FlagEditor {
  const settings = readSettings(flagSettings, env);
  const { UNLEASH_URL: url, UNLEASH_ADMIN_TOKEN: token, UNLEASH_PROJECT: project } = settings;
  if (url === '') return new FlagFile(settings.BANYAN_FLAGS);
  if (token === '')
    throw cliErrors.error('CLI_FLAGS_ELSEWHERE', {
      message: `${settings.BANYAN_FLAGS} is not in use: UNLEASH_URL is set, and UNLEASH_ADMIN_TOKEN is empty`,
    });
  const environment = settings.UNLEASH_ENVIRONMENT || environmentOf(settings.UNLEASH_API_TOKEN);
  if (environment) return new UnleashEditor({ url, token, project, environment });
  const expected = 'the environment whose flags the edges read';
  const problem = { subject: 'UNLEASH_ENVIRONMENT', value: 'empty', expected, fix: 'set it, or UNLEASH_API_TOKEN' };
  throw settingsErrors.error('SETTINGS_INVALID', { message: describeProblems([problem]) });
}

/** Refuses a unit or a cohort that has no flag: a change to it would change nothing that an edge looks at. */
export async function requireFlags(editor: FlagEditor, unit: string, flag: string): Promise<void> {
  const wanted = [...new Set([unitFlag(unit), flag])];
  const { features } = await editor.find(wanted);
  const missing = wanted.find((name) => features.every((feature) => feature.name !== name));
  if (missing === undefined) return;
  throw cutoverErrors.error('UNIT_UNKNOWN', {
    message: `${editor.name} has no flag ${missing}`,
    fix: 'use a unit that `banyan status` lists and a cohort of its ladder; `banyan flags create <unit>` makes their flags',
  });
}
