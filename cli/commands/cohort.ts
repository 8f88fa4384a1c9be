import { cohortFlag, type FlagFile } from '../../flags/index.ts';
import type { ChangeFlags, Context } from '../context.ts';
import { editedFlags } from '../flag-file.ts';
import { journalled } from '../journalled.ts';
import { print } from '../terminal.ts';

/** Shows a cohort's members, or adds or removes some. The edge sees the change as soon as the file is written. */
export async function cohort(
  context: Context,
  unit: string,
  name: string,
  verb: 'list' | 'add' | 'remove',
  ids: readonly string[],
  flags: ChangeFlags,
): Promise<void> {
  const file = await editedFlags(context, unit, cohortFlag(unit, name));
  if (verb === 'list') {
    const members = await file.cohortMembers(unit, name);
    return print(
      context.output,
      { unit, cohort: name, members },
      members.join('\n') || `${name} of ${unit} has no members`,
    );
  }
  const options = { dryRun: flags.dryRun ?? false };
  const edit = (): ReturnType<FlagFile['addToCohort']> =>
    verb === 'add' ? file.addToCohort(unit, name, ids, options) : file.removeFromCohort(unit, name, ids, options);
  const change = await journalled(context, unit, `cohort-${verb}`, flags, { cohort: name, count: ids.length }, edit);
  const text = `${name} of ${unit} ${options.dryRun ? 'would have' : 'has'} ${change.members ?? 0} members`;
  print(context.output, { unit, cohort: name, ...change, ...options }, text);
}
