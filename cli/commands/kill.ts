import { unitFlag } from '../../flags/index.ts';
import type { ChangeFlags, Context } from '../context.ts';
import { editedFlags } from '../flag-file.ts';
import { journalled } from '../journalled.ts';
import { print } from '../terminal.ts';

/**
 * Sends all reads of a unit to legacy at once, for as long as legacy owns the rows. Works without the control database:
 * it edits the flag file that the edge watches.
 */
export async function kill(context: Context, unit: string, flags: ChangeFlags & { undo?: boolean }): Promise<void> {
  const file = await editedFlags(context, unit, unitFlag(unit));
  const killed = !flags.undo;
  const options = { dryRun: flags.dryRun ?? false };
  const change = await journalled(context, unit, killed ? 'kill' : 'kill-undone', flags, {}, () =>
    file.setKilled(unit, killed, options),
  );
  const text = killed ? `${unit} is killed: legacy answers while it owns the rows` : `${unit} is no longer killed`;
  print(context.output, { unit, killed, ...change, ...options }, options.dryRun ? `dry run: ${text}` : text);
}
