import { createBinlogChangeSource, parsePosition, type ChangeEvent, type TargetRow } from '../../../cdc/index.ts';
import { createLog, openConnection, quoteName, type Connection } from '../../../shared/index.ts';
import { identityMaps } from '../identity.ts';
import { answerAndEnd, givenOptions } from '../../process.ts';
import type { BanyanOptions } from './banyan-options.ts';

/**
 * What a careful user writes first: every event of the log, each with a prepared statement of its own, committed by
 * itself.
 */
const options = givenOptions() as BanyanOptions & { limit: number; start: string };
const { sourceUrl, targetUrl, schema, keys } = options;
const maps = identityMaps(keys);
const log = createLog('bench', 'warn');
const source = createBinlogChangeSource({ databaseUrl: sourceUrl, schema, tables: Object.keys(keys), log });
const connection = await openConnection(`${targetUrl}${schema}`);
await connection.query("SET SESSION time_zone='+00:00'");
const cpu = process.cpuUsage();
const startedAt = performance.now();
let changes = 0;
const from = { position: parsePosition(options.start) };
for await (const transactions of source.read(from, new AbortController().signal)) {
  for (const change of transactions.flatMap((transaction) => transaction.changes)) {
    await apply(connection, change);
    changes += 1;
  }
  if (changes >= options.limit) break;
}
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const { maxRSS } = process.resourceUsage();
connection.destroy();
await source.close();
answerAndEnd({ changes, ms, cpuS: (user + system) / 1e6, rssMb: maxRSS / 1024 });

async function apply(target: Connection, { table, before, after }: ChangeEvent): Promise<void> {
  const rows = maps[table]?.(after ?? before ?? {}) ?? [];
  for (const row of rows) await (after ? upsert(target, row) : remove(target, row));
}

async function upsert(target: Connection, { table, key, columns }: TargetRow): Promise<void> {
  const values = { ...key, ...columns };
  const names = Object.keys(values).map(quoteName);
  const updates = Object.keys(columns).map((name) => `${quoteName(name)}=VALUES(${quoteName(name)})`);
  await target.execute(
    `INSERT INTO ${quoteName(table)} (${names.join(',')}) VALUES (${names.map(() => '?').join(',')})
     ON DUPLICATE KEY UPDATE ${updates.join(',')}`,
    Object.values(values),
  );
}

async function remove(target: Connection, { table, key }: TargetRow): Promise<void> {
  const where = Object.keys(key).map((name) => `${quoteName(name)}=?`);
  await target.execute(`DELETE FROM ${quoteName(table)} WHERE ${where.join(' AND ')}`, Object.values(key));
}
