import { crc32 } from 'node:zlib';
import { type Connection, type Pool, type PoolConnection, type RowDataPacket } from '../../shared/index.ts';
import { cdcErrors } from '../errors.ts';
import { isBusy } from './busy.ts';
import type { FenceOptions, FlipOutcome, OwnerSide } from './fence.ts';

/**
 * Which keys of a unit the service owns while legacy owns the rest, as one database knows it. The keys lie in a fixed
 * number of rows that are always there: a writer locks the row of its key, so that moving a key waits for the writers of
 * that row only, and there is no gap between rows for anybody to lock.
 */
export const KEY_BUCKETS = 256;

/** Keys are kept in lists, and compared byte by byte. */
const USABLE = /^[A-Za-z0-9._:@-]{1,64}$/;
const TEXT_TYPES = new Set(['char', 'varchar']);
const NUMBER_TYPES = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);

/** False for a key that cannot be moved by itself. */
export function isUsableKey(key: string): boolean {
  return USABLE.test(key);
}

/** Makes the unit's rows where they are missing. Throws CDC_KEY_UNUSABLE for columns that say one key in two ways. */
export async function installKeyOwnership(connection: Connection, options: FenceOptions): Promise<void> {
  await requireUsableColumns(connection, options);
  const rows = Array.from({ length: KEY_BUCKETS }, (_, bucket) => [options.unit, bucket, '', 0]);
  await connection.query('INSERT IGNORE INTO banyan.key_ownership (unit, bucket, served, epoch) VALUES ?', [rows]);
}

async function requireUsableColumns(connection: Connection, { schema, keys = {} }: FenceOptions): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, COLUMN_NAME AS col, DATA_TYPE AS type, COLLATION_NAME AS collation
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?`,
    [schema],
  );
  for (const [table, { column, of }] of Object.entries(keys)) {
    const row = rows.find(({ name, col }) => name === table && col === column);
    if (row && (of !== undefined || isExact(row))) continue;
    const found = row ? `is ${String(row['type'])} with collation ${String(row['collation'])}` : 'does not exist';
    throw cdcErrors.error('CDC_KEY_UNUSABLE', {
      message: `the owner key ${schema}.${table}.${column} ${found}; expected an integer, or text with a binary collation`,
    });
  }
}

function isExact({ type, collation }: RowDataPacket): boolean {
  if (NUMBER_TYPES.has(String(type))) return true;
  return TEXT_TYPES.has(String(type)) && String(collation).endsWith('_bin');
}

export interface KeyFlip {
  readonly unit: string;
  readonly keys: readonly string[];
  readonly to: OwnerSide;
  readonly epoch: number;
  readonly lockWaitMs?: number;
}

/**
 * Gives single keys to `to` under `epoch`, all of them in one transaction; an older epoch than one of their rows changes
 * nothing. Waits for the open writers of these keys, at most `lockWaitMs`; others go on, but for those whose keys share a
 * row with one that moves.
 */
export async function flipKeys(pool: Pool, flip: KeyFlip): Promise<FlipOutcome> {
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    const outcome = await flipLocked(connection, flip);
    await connection.query(outcome === 'flipped' ? 'COMMIT' : 'ROLLBACK');
    connection.release();
    return outcome;
  } catch (error) {
    connection.destroy(); // Whatever is open ends with it.
    if (isBusy(error)) return 'busy';
    throw error;
  }
}

async function flipLocked(connection: PoolConnection, { unit, keys, to, epoch, lockWaitMs = 1000 }: KeyFlip) {
  const seconds = Math.max(lockWaitMs, 1) / 1000;
  const moved = Map.groupBy(new Set(keys), bucketOf);
  const [rows] = await connection.query<RowDataPacket[]>(
    `SET STATEMENT max_statement_time=${seconds}, innodb_lock_wait_timeout=${Math.ceil(seconds)} FOR
     SELECT bucket, served, epoch FROM banyan.key_ownership
     WHERE unit = ? AND bucket IN (?) ORDER BY bucket FOR UPDATE`,
    [unit, [...moved.keys()]],
  );
  if (rows.length < moved.size || rows.some((row) => Number(row['epoch']) > epoch)) return 'wrong-epoch';
  const changed = rows.map((row) => {
    const served = changedKeys(keysOf(row), moved.get(Number(row['bucket'])) ?? [], to);
    return [unit, row['bucket'], served.join(','), epoch];
  });
  await connection.query(
    `INSERT INTO banyan.key_ownership (unit, bucket, served, epoch) VALUES ?
     ON DUPLICATE KEY UPDATE served = VALUES(served), epoch = VALUES(epoch)`,
    [changed],
  );
  return 'flipped';
}

function changedKeys(before: readonly string[], moved: readonly string[], to: OwnerSide): string[] {
  const others = before.filter((key) => !moved.includes(key));
  return to === 'service' ? [...others, ...moved] : others;
}

/** The keys that the service owns according to this database, in no order. */
export async function readServedKeys(connection: Connection, unit: string): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT served FROM banyan.key_ownership WHERE unit = ? AND served <> ''`,
    [unit],
  );
  return rows.flatMap(keysOf);
}

/** A fence of the whole unit would let both sides write the rows of a moved key. Throws CDC_KEYS_MOVED. */
export async function requireNoServedKeys(connection: Connection, unit: string): Promise<void> {
  const { length } = await readServedKeys(connection, unit);
  if (length === 0) return;
  throw cdcErrors.error('CDC_KEYS_MOVED', { message: `${unit} has ${length} owner keys that the service owns` });
}

function keysOf(row: RowDataPacket): string[] {
  const text = String(row['served']);
  return text === '' ? [] : text.split(',');
}

function bucketOf(key: string): number {
  return crc32(key) % KEY_BUCKETS;
}
