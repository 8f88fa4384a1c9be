import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { print } from '../terminal.ts';

/** Starts stopped streams again where they stand, or, with `--fresh-copy`, with a new copy of all rows. */
export async function resume(
  context: Context,
  unit: string,
  flags: ChangeFlags & { freshCopy?: boolean },
): Promise<void> {
  const fresh = flags.freshCopy ?? false;
  await controlClient(context).post(`/v1/units/${encodeURIComponent(unit)}/resume`, { ...intentOf(flags), fresh });
  const what = fresh ? 'copied afresh' : 'resumed';
  print(
    context.output,
    { unit, fresh, dryRun: flags.dryRun ?? false },
    flags.dryRun ? `${unit} would be ${what}` : `${unit} is being ${what}`,
  );
}
