import { createHash } from 'node:crypto';
import { quoteName, type Connection, type ResultSetHeader, type RowDataPacket } from '../../shared/index.ts';
import { isBusy } from './busy.ts';
import { triggerBody, type KeyPlace } from './fence-trigger.ts';
import { installKeyOwnership, requireNoServedKeys } from './key-ownership.ts';

export type OwnerSide = 'legacy' | 'service';

export interface Owner {
  readonly owner: OwnerSide;
  readonly epoch: number;
}

export interface FenceOptions {
  readonly unit: string;
  readonly schema: string;
  readonly tables: readonly string[];
  /** Which side this database is: its writers pass while this side owns the unit. */
  readonly side: OwnerSide;
  /** Name of the database user the streams apply with; never refused, whatever its host. Nobody else may use it. */
  readonly applyUser: string;
  /** Name of the database user whose transactions are only ever rolled back; never refused either. */
  readonly dryRunUser?: string | undefined;
  /** Where each table's owner key stands, for a unit of which single keys can move; then of every table. */
  readonly keys?: Readonly<Record<string, KeyPlace>> | undefined;
}

/** `busy`: a writer's transaction stayed open longer than the wait; nothing was changed. */
export type FlipOutcome = 'flipped' | 'busy' | 'wrong-epoch';

const operations = [
  ['ins', 'INSERT'],
  ['upd', 'UPDATE'],
  ['del', 'DELETE'],
] as const;
/** Seconds a DDL statement may wait for open transactions; everybody else queues behind it. */
const DDL_WAIT_S = 5;

/**
 * Makes the database itself refuse writers of a side that does not own the unit. Every write reads the ownership row
 * under a shared lock and keeps it until its commit, so changing the owner waits for all open writers and stops all
 * later ones. Does not see TRUNCATE, DDL and foreign key cascades. Safe to repeat.
 */
export async function installFence(connection: Connection, options: FenceOptions): Promise<void> {
  const { unit, schema } = options;
  await connection.query(`INSERT IGNORE INTO banyan.ownership (unit, owner, epoch) VALUES (?, 'legacy', 0)`, [unit]);
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT TRIGGER_NAME AS name, ACTION_STATEMENT AS body FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?',
    [schema],
  );
  const present = new Map(rows.map((row) => [String(row['name']), String(row['body'])]));
  await (options.keys ? installKeyOwnership(connection, options) : requireNoServedKeys(connection, unit));
  for (const { name, table, operation } of triggersOf(options)) {
    const body = triggerBody(options, table, operation);
    if (present.get(name) === body) continue;
    await connection.query(
      `SET STATEMENT lock_wait_timeout=${DDL_WAIT_S} FOR
       CREATE OR REPLACE TRIGGER ${quoteName(schema)}.${quoteName(name)} BEFORE ${operation}
       ON ${quoteName(schema)}.${quoteName(table)} FOR EACH ROW ${body}`,
    );
  }
}

export async function removeFence(
  connection: Connection,
  options: Pick<FenceOptions, 'unit' | 'schema' | 'tables'>,
): Promise<void> {
  for (const { name } of triggersOf(options))
    await connection.query(
      `SET STATEMENT lock_wait_timeout=${DDL_WAIT_S} FOR
       DROP TRIGGER IF EXISTS ${quoteName(options.schema)}.${quoteName(name)}`,
    );
}

/** Who owns the unit according to this database; undefined before a fence was ever installed. */
export async function readOwner(connection: Connection, unit: string): Promise<Owner | undefined> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT owner, epoch FROM banyan.ownership WHERE unit = ?', [
    unit,
  ]);
  const row = rows[0];
  return row && { owner: row['owner'] as OwnerSide, epoch: Number(row['epoch']) };
}

/**
 * Gives the unit to `to` under `epoch`; an older epoch than the row's changes nothing. Waits for open writers, at most
 * `lockWaitMs`: new writers queue behind it meanwhile, so the wait is kept short and repeated by the caller.
 */
export async function flipOwner(
  connection: Connection,
  options: { readonly unit: string; readonly to: OwnerSide; readonly epoch: number; readonly lockWaitMs?: number },
): Promise<FlipOutcome> {
  const { unit, to, epoch, lockWaitMs = 1000 } = options;
  const seconds = Math.max(lockWaitMs, 1) / 1000;
  try {
    const [result] = await connection.query<ResultSetHeader>(
      `SET STATEMENT max_statement_time=${seconds}, innodb_lock_wait_timeout=${Math.ceil(seconds)} FOR
       UPDATE banyan.ownership SET owner=?, epoch=? WHERE unit=? AND epoch<=?`,
      [to, epoch, unit, epoch],
    );
    return result.affectedRows === 1 ? 'flipped' : 'wrong-epoch';
  } catch (error) {
    if (isBusy(error)) return 'busy';
    throw error;
  }
}

/**
 * Waits for open writers as {@link flipOwner} does, and lets everybody go on at once: nothing changes. Writers that come
 * meanwhile wait for as long as that takes.
 */
export async function takeBarrier(
  connection: Connection,
  { unit, lockWaitMs = 1000 }: { readonly unit: string; readonly lockWaitMs?: number },
): Promise<'taken' | 'busy'> {
  const seconds = Math.max(lockWaitMs, 1) / 1000;
  try {
    await connection.query(
      `SET STATEMENT max_statement_time=${seconds}, innodb_lock_wait_timeout=${Math.ceil(seconds)} FOR
       SELECT owner FROM banyan.ownership WHERE unit = ? FOR UPDATE`,
      [unit],
    );
    return 'taken';
  } catch (error) {
    if (isBusy(error)) return 'busy';
    throw error;
  }
}

function triggersOf({ unit, tables }: Pick<FenceOptions, 'unit' | 'tables'>) {
  return tables.flatMap((table) =>
    operations.map(([suffix, operation]) => ({ name: triggerName(unit, table, suffix), table, operation })),
  );
}

// Names are limited to 64 characters; a longer one keeps its beginning and gets a digest of the whole.
function triggerName(unit: string, table: string, suffix: string): string {
  const name = `banyan_fence_${unit}_${table}_${suffix}`;
  if (name.length <= 64) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, 51)}_${digest}_${suffix}`;
}
