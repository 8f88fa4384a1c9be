import type { Connection } from '../../shared/index.ts';
import { ok, rowsOf, type CheckItem } from './check-item.ts';

/** At a target: triggers fire on rows the streams bring, although the other side's ran already. */
export async function inspectTriggers(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  if (tables.length === 0) return [];
  const rows = await rowsOf(
    connection,
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS t, ACTION_TIMING AS timing, EVENT_MANIPULATION AS event
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND EVENT_OBJECT_TABLE IN (?)
       AND TRIGGER_NAME NOT LIKE 'banyan\\_fence\\_%'`,
    [schema, tables],
  );
  if (rows.length === 0) return [ok(`triggers of ${schema}`, 'none', 'none on tables that a stream writes')];
  return rows.map((row) => ({
    verdict: 'warning',
    subject: `trigger ${schema}.${String(row['name'])}`,
    value: `${String(row['timing'])} ${String(row['event'])} ON ${String(row['t'])}`,
    expected: 'no trigger, or one that may run for rows that a stream brings',
    fix: `let it do nothing for the user of the streams (IF USER() NOT LIKE 'banyan@%' …), or drop it`,
  }));
}

/** Jobs of the server itself write past the edge; after a cutover the fence refuses those of the wrong side. */
export async function inspectEvents(
  connection: Connection,
  role: string,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  if (tables.length === 0) return [];
  const [scheduler] = await rowsOf(connection, 'SELECT @@GLOBAL.event_scheduler AS state');
  const rows = await rowsOf(
    connection,
    `SELECT EVENT_SCHEMA AS s, EVENT_NAME AS name FROM information_schema.EVENTS
     WHERE STATUS = 'ENABLED' AND EVENT_DEFINITION REGEXP ?`,
    [`(^|[^a-zA-Z0-9_$])(${tables.join('|')})([^a-zA-Z0-9_$]|$)`],
  );
  const state = String(scheduler?.['state']);
  const value = `event_scheduler ${state}, ${rows.length} job(s) name tables of ${schema}`;
  if (rows.length === 0 || state !== 'ON')
    return [ok(`${role} scheduled jobs`, value, 'none that writes tables of the unit')];
  return rows.map((row) => ({
    verdict: 'warning',
    subject: `${role} event ${String(row['s'])}.${String(row['name'])}`,
    value: 'names tables of the unit and runs by itself',
    expected: 'no job that writes them once the other side owns the rows',
    fix: `ALTER EVENT \`${String(row['s'])}\`.\`${String(row['name'])}\` DISABLE before the cutover`,
  }));
}
