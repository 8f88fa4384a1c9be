import { cutoverErrors, type ChainVerdict, type JournalEntry } from '../../cutover/index.ts';
import { controlClient, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { checkJournal, exportJournal, type JournalSource } from '../journal-lines.ts';
import { print, table } from '../terminal.ts';

export interface JournalFlags {
  readonly limit: string;
  readonly export?: boolean;
  readonly verify?: boolean;
  readonly file?: string;
  readonly expect?: string;
}

/** Who changed what, when and why; newest last. Or all of it, to keep elsewhere or to be checked. */
export async function journal(context: Context, unit: string | undefined, flags: JournalFlags): Promise<void> {
  refuseIdle(unit, flags);
  const source: JournalSource = flags.file === undefined ? controlClient(context) : flags.file;
  if (flags.export) return exportJournal(source, context.output.stream);
  if (flags.verify) return verify(context, await checkJournal(source, flags.expect));
  const query = new URLSearchParams({ limit: flags.limit, ...(unit ? { unit } : {}) });
  const { journal: entries } = await controlClient(context).get<{ journal: JournalEntry[] }>(`/v1/journal?${query}`);
  const rows = entries.map((e) => [e.id, e.at, e.unit, e.epoch, e.who, e.action, said(e)]);
  print(
    context.output,
    { journal: entries },
    table(['ID', 'AT (UTC)', 'UNIT', 'EPOCH', 'WHO', 'ACTION', 'REASON'], rows),
  );
}

function said({ reason, evidence }: JournalEntry): string {
  return evidence.length > 0 ? `${reason} [${evidence.join(' ')}]` : reason;
}

function verify(context: Context, verdict: ChainVerdict): void {
  if (verdict.holds) {
    const { lines, last } = verdict;
    return print(context.output, verdict, `${lines} lines hold; the last is ${last.id}:${last.hash}`);
  }
  print(context.output, verdict, `line ${verdict.id} does not hold (${verdict.what}), of ${verdict.lines} lines`);
  throw cutoverErrors.error('JOURNAL_BROKEN', { message: verdict.message });
}

/** The chain runs over the lines of all units, and what is asked of it must be done. */
function refuseIdle(unit: string | undefined, flags: JournalFlags): void {
  const whole = flags.export ? '--export' : flags.verify ? '--verify' : undefined;
  if (unit !== undefined && whole !== undefined) throw usage(`${whole} is of all units; leave ${unit} out`);
  if (flags.export && flags.verify) throw usage('--export and --verify are two commands');
  for (const option of ['file', 'expect'] as const)
    if (flags[option] !== undefined && !flags.verify) throw usage(`--${option} does nothing without --verify`);
}

function usage(message: string): Error {
  return cliErrors.error('CLI_USAGE', { message });
}
