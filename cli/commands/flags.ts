import { readDeclaration, type DeclaredUnit } from '../../cutover/index.ts';
import { findingsOn, flagErrors, flagsOfUnit, type FlagEditor, type FlagFinding } from '../../flags/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { ChangeFlags, Context } from '../context.ts';
import { flagEditor } from '../flag-editor.ts';
import { describeFindings } from '../flag-findings.ts';
import { cohortsOf } from '../flags.ts';
import { journalled } from '../journalled.ts';
import { flagSettings } from '../settings.ts';
import { print } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

/** Holds the flags against the plans and says what is different; changes nothing. */
export async function flagsCheck(context: Context, only: string | undefined): Promise<void> {
  const editor = flagEditor(context);
  const planned = plannedUnits(context);
  const units = only === undefined ? planned : [unitOf(planned, only)];
  const findings = (await Promise.all(units.map((unit) => findingsOf(editor, unit)))).flat();
  const head = `${units.length} unit(s) checked in ${editor.name}: ${findings.length} finding(s)`;
  const body = { units: units.map(({ plan }) => plan.unit), findings };
  print(context.output, body, [head, ...describeFindings(findings)].join('\n'));
  if (findings.length > 0)
    throw flagErrors.error('FLAGS_DRIFTED', { message: `${findings.length} finding(s) in ${editor.name}` });
}

/** Makes the flags of a unit that are missing. Those that are there stay as they are, on or off. */
export async function flagsCreate(context: Context, unit: string, flags: ChangeFlags): Promise<void> {
  const editor = flagEditor(context);
  const { plan } = unitOf(plannedUnits(context), unit);
  const options = { dryRun: flags.dryRun ?? false };
  const { changed } = await journalled(context, unit, 'flags-create', flags, {}, () =>
    editor.createUnit(unit, cohortsOf(plan), options),
  );
  const made = options.dryRun ? 'would be made' : 'are made';
  print(context.output, { unit, changed, ...options }, `the flags of ${unit} ${changed ? made : 'are all there'}`);
}

function plannedUnits({ env }: Context): readonly DeclaredUnit[] {
  return readDeclaration(readSettings(flagSettings, env).BANYAN_PLANS, env, { withDatabases: false }).units;
}

async function findingsOf(editor: FlagEditor, { plan }: DeclaredUnit): Promise<FlagFinding[]> {
  const cohorts = cohortsOf(plan);
  const names = flagsOfUnit(plan.unit, cohorts).map(({ name }) => name);
  return findingsOn(await editor.find(names), plan.unit, cohorts);
}
