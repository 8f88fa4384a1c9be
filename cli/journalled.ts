import { cutoverErrors } from '../cutover/index.ts';
import { messageOf } from '../shared/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from './context.ts';

/**
 * Performs a change of the flag file and writes its journal line. The change does not wait for the journal: a kill must
 * work while the control database is down. A line that could not be written is said on standard error.
 */
export async function journalled<T>(
  context: Context,
  units: string | readonly string[],
  action: string,
  flags: ChangeFlags,
  detail: object,
  change: () => Promise<T>,
): Promise<T> {
  const intent = intentOf(flags);
  if (!intent.reason.trim() && !intent.dryRun)
    throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for changing ${units.toString()}` });
  const result = await change();
  if (intent.dryRun) return result;
  const { who, reason } = intent;
  for (const unit of [units].flat()) await note(context, unit, { who, reason, action, detail });
  return result;
}

async function note(context: Context, unit: string, body: object): Promise<void> {
  try {
    await controlClient(context).post(`/v1/units/${encodeURIComponent(unit)}/notes`, body);
  } catch (error) {
    process.stderr.write(`the change is made, but its journal line is not: ${messageOf(error)}\n`);
  }
}
