import { ALL_UNITS, unitFlag, type FlagChange } from '../../flags/index.ts';
import { messageOf } from '../../shared/index.ts';
import { controlClient, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { flagEditor, requireFlags } from '../flag-editor.ts';
import { journalled } from '../journalled.ts';
import { tellEdges, type Told } from '../tell-edges.ts';
import { print } from '../terminal.ts';
import type { UnitLine } from './status.ts';

export type KillFlags = ChangeFlags & {
  readonly undo?: boolean;
  readonly all?: boolean;
  readonly shadowWrites?: boolean;
};

/**
 * Sends all reads of a unit, or of all units, to legacy at once, for as long as legacy owns the rows. Every edge is told
 * directly; the unit's flag is switched off as well, for edges that were not reached. Neither waits for the control
 * database.
 */
export async function kill(context: Context, unit: string | undefined, flags: KillFlags): Promise<void> {
  if ((unit === undefined) === !flags.all)
    throw cliErrors.error('CLI_USAGE', { message: 'kill needs one unit, or --all', fix: 'name a unit or say --all' });
  if (flags.shadowWrites) return stopShadowWrites(context, unit ?? ALL_UNITS, flags);
  const done = unit === undefined ? await killAll(context, flags) : await killOne(context, unit, flags);
  const names = unit ?? 'every unit';
  const text = flags.undo
    ? `${names} is no longer killed`
    : `${names} is killed: legacy answers while it owns the rows`;
  const body = { unit: unit ?? ALL_UNITS, killed: !flags.undo, dryRun: flags.dryRun ?? false, ...done };
  print(context.output, body, flags.dryRun ? `dry run: ${text}` : text);
}

/** Edges stop them by themselves when a service does not acknowledge; letting them go on is for people. */
async function stopShadowWrites(context: Context, unit: string, flags: KillFlags): Promise<void> {
  const killed = !flags.undo;
  const act = (): Promise<Told> => tell(context, unit, killed, 'shadow-writes');
  const units = unit === ALL_UNITS ? await unitsOf(context) : unit;
  const action = killed ? 'shadow-writes-stopped' : 'shadow-writes-resumed';
  const done = flags.dryRun ? {} : await journalled(context, units, action, flags, {}, act);
  const text = `shadow writes of ${unit === ALL_UNITS ? 'every unit' : unit} ${killed ? 'are stopped' : 'go on'}`;
  print(
    context.output,
    { unit, killed, dryRun: flags.dryRun ?? false, ...done },
    flags.dryRun ? `dry run: ${text}` : text,
  );
}

async function killOne(context: Context, unit: string, flags: KillFlags): Promise<object> {
  if (flags.dryRun) return switchGate(context, unit, flags);
  return journalled(context, unit, actionOf(flags), flags, {}, async () => {
    const [gate, told] = await Promise.allSettled([switchGate(context, unit, flags), tell(context, unit, !flags.undo)]);
    if (told.status === 'rejected') throw told.reason;
    if (gate.status === 'fulfilled') return { ...gate.value, ...told.value };
    if (flags.undo || told.value.edges === 0) throw gate.reason;
    process.stderr.write(`the edges are told, but the flag is not switched off: ${messageOf(gate.reason)}\n`);
    return { changed: true, ...told.value };
  });
}

/** Beside the edges, not before them: where the flags are kept may be down. */
async function switchGate(context: Context, unit: string, flags: KillFlags): Promise<FlagChange> {
  const editor = flagEditor(context);
  await requireFlags(editor, unit, unitFlag(unit));
  return editor.setKilled(unit, !flags.undo, { dryRun: flags.dryRun ?? false });
}

/** The edges alone: there is no flag for all units. A kill that reaches no edge has killed nothing. */
async function killAll(context: Context, flags: KillFlags): Promise<object> {
  if (flags.dryRun) return {};
  const told = await journalled(context, await unitsOf(context), actionOf(flags), flags, { unit: ALL_UNITS }, () =>
    tell(context, ALL_UNITS, !flags.undo),
  );
  if (told.edges > 0) return told;
  throw cliErrors.error('CLI_UNREACHABLE', {
    message: `no edge was reached: ${told.silent.join('; ')}`,
    fix: 'set BANYAN_EDGE_URLS to the admin listeners of the edges, or write * into the KILL_FILE of each',
  });
}

/** Says on standard error which edges it did not reach: they follow the flag, or a file written by hand. */
async function tell(
  context: Context,
  unit: string,
  killed: boolean,
  what: 'kill' | 'shadow-writes' = 'kill',
): Promise<Told> {
  const told = await tellEdges(context, unit, killed, what);
  for (const reason of told.silent) process.stderr.write(`an edge was not told: ${reason}\n`);
  if (!told.kept) process.stderr.write('an edge cannot write its file: it will not know after a restart\n');
  return told;
}

/** For the journal, which has a line per unit. Nothing waits for a control process that is down. */
async function unitsOf(context: Context): Promise<readonly string[]> {
  try {
    const { units } = await controlClient(context).get<{ units: UnitLine[] }>('/v1/units', { timeoutMs: 1_000 });
    return units.map(({ record }) => record.unit);
  } catch {
    return [];
  }
}

function actionOf(flags: KillFlags): string {
  return flags.undo ? 'kill-undone' : 'kill';
}
