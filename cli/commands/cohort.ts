import { cohortFlag, findingsOn, unitFlag, type FlagChange, type FlagEditor } from '../../flags/index.ts';
import type { ChangeFlags, Context } from '../context.ts';
import { flagEditor, requireFlags } from '../flag-editor.ts';
import { describeFindings } from '../flag-findings.ts';
import { journalled } from '../journalled.ts';
import { print } from '../terminal.ts';
import { handOverCohort } from './hand-over.ts';

export const cohortVerbs = ['list', 'add', 'remove', 'move', 'return'] as const;

export type CohortVerb = (typeof cohortVerbs)[number];

/**
 * Shows a cohort's members, adds or removes some, or moves the ownership of their rows. The edges see a change of members as
 * soon as their flags do; who owns whose rows changes with `move` and `return` only.
 */
export async function cohort(
  context: Context,
  unit: string,
  name: string,
  verb: CohortVerb,
  ids: readonly string[],
  flags: ChangeFlags,
): Promise<void> {
  if (verb === 'return') return handOverCohort(context, unit, { name, verb, members: [] }, flags);
  const editor = flagEditor(context);
  await requireFlags(editor, unit, cohortFlag(unit, name));
  if (verb === 'list') return list(context, editor, unit, name);
  if (verb === 'move') {
    const members = await editor.cohortMembers(unit, name);
    return handOverCohort(context, unit, { name, verb, members }, flags);
  }
  const options = { dryRun: flags.dryRun ?? false };
  const edit = (): Promise<FlagChange> =>
    verb === 'add' ? editor.addToCohort(unit, name, ids, options) : editor.removeFromCohort(unit, name, ids, options);
  const change = await journalled(context, unit, `cohort-${verb}`, flags, { cohort: name, count: ids.length }, edit);
  const text = `${name} of ${unit} ${options.dryRun ? 'would have' : 'has'} ${change.members ?? 0} members`;
  print(context.output, { unit, cohort: name, ...change, ...options }, text);
}

async function list({ output }: Context, editor: FlagEditor, unit: string, name: string): Promise<void> {
  const members = await editor.cohortMembers(unit, name);
  const findings = findingsOn(await editor.find([unitFlag(unit), cohortFlag(unit, name)]), unit, [name]);
  const text = members.join('\n') || `${name} of ${unit} has no members`;
  print(output, { unit, cohort: name, members, findings }, [text, ...describeFindings(findings)].join('\n'));
}
