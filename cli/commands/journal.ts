import type { JournalEntry } from '../../cutover/index.ts';
import { controlClient, type Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** Who changed what, when and why; newest last. */
export async function journal(context: Context, unit: string | undefined, flags: { limit: string }): Promise<void> {
  const query = new URLSearchParams({ limit: flags.limit, ...(unit ? { unit } : {}) });
  const { journal: entries } = await controlClient(context).get<{ journal: JournalEntry[] }>(`/v1/journal?${query}`);
  const rows = entries.map((e) => [e.id, e.at, e.unit, e.epoch, e.who, e.action, e.reason]);
  print(
    context.output,
    { journal: entries },
    table(['ID', 'AT (UTC)', 'UNIT', 'EPOCH', 'WHO', 'ACTION', 'REASON'], rows),
  );
}
