import type { UnseenCallers, UnseenWrite } from '../../cutover/index.ts';
import { controlClient, type Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** Who writes a unit's tables of legacy without coming through an edge: a cutover would stop them, and break them. */
export async function callers(context: Context, unit: string): Promise<void> {
  const path = `/v1/units/${encodeURIComponent(unit)}/callers`;
  const { callers: found } = await controlClient(context).get<{ callers: UnseenCallers }>(path);
  print(context.output, { unit, ...found }, callersText(unit, found));
}

export function callersText(unit: string, found: UnseenCallers): string {
  const { writes } = found;
  const listed =
    writes.length === 0
      ? `no write to the tables of ${unit} was seen that a request through an edge does not explain`
      : table(['TABLE', 'TRANSACTIONS', 'FIRST', 'LAST', 'DATABASE USER'], writes.map(lineOf));
  return [listed, ...limitsOf(found)].join('\n');
}

function lineOf({ table: name, transactions, firstSeen, lastSeen, users }: UnseenWrite): string[] {
  return [name, String(transactions), timeOf(firstSeen), timeOf(lastSeen), userOf(users)];
}

function userOf(users: readonly string[]): string {
  if (users.length === 0) return 'unknown';
  return users.length === 1 ? (users[0] ?? '') : `one of ${users.join(', ')}`;
}

/** How much of the truth that is. */
function limitsOf({ since, lookedAt, unsure, openPercent }: UnseenCallers): string[] {
  if (since === undefined || lookedAt === undefined) return ['nobody has looked yet'];
  return [
    `watched since ${timeOf(since)}, last at ${timeOf(lookedAt)}`,
    ...(openPercent === null || openPercent === 100
      ? []
      : [`in ${100 - openPercent} % of that time writes through an edge hid others`]),
    ...(unsure > 0 ? [`${unsure} transactions were read too late to be told apart`] : []),
  ];
}

function timeOf(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}
