import { quoteName } from '../shared/index.ts';
import type { EffectValue, RewindRow } from '../edge/shadow-writes/contract.ts';
import type { RawConnection } from './raw-connection.ts';

/** Rows out of the header's text. Throws a RangeError for what is none. */
export function parseRewind(text: string | undefined): readonly RewindRow[] {
  if (text === undefined || text === '') return [];
  const rows: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  if (Array.isArray(rows)) return rows as RewindRow[];
  throw new RangeError('x-banyan-shadow-rewind is no list of rows');
}

/** Makes rows what they were, inside the transaction. Their parents may be away: what is not rewound is not checked. */
export async function rewind(connection: RawConnection, rows: readonly RewindRow[]): Promise<void> {
  if (rows.length === 0) return;
  await connection.promise().query('SET foreign_key_checks = 0');
  for (const row of rows) await connection.promise().query(...statementOf(row));
  await connection.promise().query('SET foreign_key_checks = 1');
}

function statementOf({ table, key, columns }: RewindRow): [string, unknown[]] {
  const name = table.split('.').map(quoteName).join('.');
  const [keys, values] = [Object.keys(key), Object.values(key).map(plain)];
  if (!columns)
    return [`DELETE FROM ${name} WHERE ${keys.map((one) => `${quoteName(one)} = ?`).join(' AND ')}`, values];
  const names = [...keys, ...Object.keys(columns)].map(quoteName);
  const updates = Object.keys(columns).map((one) => `${quoteName(one)} = VALUES(${quoteName(one)})`);
  const otherwise = updates.length > 0 ? updates.join(', ') : `${names[0]} = ${names[0]}`;
  const sql = `INSERT INTO ${name} (${names.join(', ')}) VALUES (?) ON DUPLICATE KEY UPDATE ${otherwise}`;
  return [sql, [[...values, ...Object.values(columns).map(plain)]]];
}

function plain(value: EffectValue): string | Buffer | null {
  return value !== null && typeof value === 'object' ? Buffer.from(value.hex, 'hex') : value;
}
