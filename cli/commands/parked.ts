import type { ParkedAnswer } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print, table } from '../terminal.ts';

export const parkedVerbs = ['list', 'show', 'replay', 'drop'] as const;
export type ParkedVerb = (typeof parkedVerbs)[number];

/** Changes that wait because the other side refused them, and messages nobody can read: to see, to apply, to forget. */
export async function parked(
  context: Context,
  verb: ParkedVerb,
  unit: string,
  id: string | undefined,
  flags: ChangeFlags & { unmask?: boolean },
): Promise<void> {
  const path = `/v1/units/${encodeURIComponent(unit)}/parked`;
  const asked = { verb, ...(id !== undefined && { id }), unmask: flags.unmask ?? false, ...intentOf(flags) };
  const { result } = await controlClient(context).post<{ result: ParkedAnswer }>(path, asked);
  print(context.output, { unit, verb, dryRun: flags.dryRun ?? false, ...result }, describe(verb, unit, result, flags));
  const [first] = result.refused ?? [];
  if (!first) return;
  throw cliErrors.error('CLI_REFUSED', {
    message: `${result.refused?.length} of ${unit} still refused, the first is ${first.id}: ${first.reason}`,
    fix: 'correct what the message names and replay again, or drop the change',
  });
}

function describe(verb: ParkedVerb, unit: string, { items, applied = [] }: ParkedAnswer, flags: ChangeFlags): string {
  const would = flags.dryRun ? 'would be' : 'were';
  if (verb === 'replay') return `${applied.length} changes of ${unit} ${would} ${flags.dryRun ? 'tried' : 'applied'}`;
  if (verb === 'show') return items.map(detail).join('\n');
  const listed = items.length === 0 ? `nothing of ${unit} is parked` : list(items);
  return verb === 'drop' ? `${listed}\n${items.length} of ${unit} ${would} dropped` : listed;
}

function list(items: ParkedAnswer['items']): string {
  const rows = items.map((item) => [
    item.id,
    item.chain ?? '',
    item.table ?? '',
    item.key ?? '',
    item.op ?? '',
    item.where,
    item.since,
    `${item.code}: ${item.reason}`,
  ]);
  return table(['ID', 'CHAIN', 'TABLE', 'KEY', 'OP', 'WHERE', 'SINCE (UTC)', 'REASON'], rows);
}

function detail({ before = {}, after = {}, raw, ...item }: ParkedAnswer['items'][number]): string {
  const columns = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const rows = columns.map((name) => [name, before[name] ?? '', after[name] ?? '']);
  const images = rows.length > 0 ? `\n${table(['COLUMN', 'BEFORE', 'AFTER'], rows)}` : '';
  return `${list([item])}${images}${raw === undefined ? '' : `\nRAW  ${raw}`}`;
}
