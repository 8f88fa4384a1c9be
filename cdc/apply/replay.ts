import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { Applier } from './apply.ts';
import { mappingFailed, refusalOf } from '../map/batch.ts';
import { Coalescer } from '../map/coalesce.ts';
import { mapChange } from '../map/map.ts';
import type { Refusal } from '../map/parked-keys.ts';
import type { TableMaps } from '../mapping.ts';
import { cdcErrors } from '../errors.ts';
import { sendAll } from './packets.ts';
import { unparkStatement, type StoredChange } from './parked-store.ts';
import { rowRefusal } from './refusal.ts';

export interface RefusedReplay extends Refusal {
  readonly id: number;
}

export interface Replay {
  readonly applied: readonly StoredChange[];
  /** The first change of each chain that still does not fit; what lies behind it was not tried. */
  readonly refused: readonly RefusedReplay[];
}

// Bounds one target transaction.
const AT_ONCE = 1_000;

export interface ReplayOptions {
  readonly applier: Applier;
  readonly maps: TableMaps;
  /** Told what is about to be written. */
  readonly touch: (changes: Coalescer) => void;
  readonly signal: AbortSignal;
}

/**
 * Applies parked changes in their order, through the same mapping and under the same epoch as the stream, and takes them
 * out of the park in the same transaction. To be called while the stream stands still. All at once first: rows that
 * collided with each other may fit together.
 */
export async function replay(options: ReplayOptions, parked: readonly StoredChange[]): Promise<Replay> {
  const applied: StoredChange[] = [];
  const refused: RefusedReplay[] = [];
  for (let i = 0; i < parked.length; i += AT_ONCE) {
    const blocked = new Set(refused.map(({ id }) => parked.find((change) => change.id === id)?.chain));
    const some = parked.slice(i, i + AT_ONCE).filter(({ chain }) => !blocked.has(chain));
    if (some.length === 0) continue;
    if ((await applyTogether(options, some)) === undefined) applied.push(...some);
    else await applySingly(options, some, applied, refused);
  }
  return { applied, refused };
}

async function applySingly(
  options: ReplayOptions,
  parked: readonly StoredChange[],
  applied: StoredChange[],
  refused: RefusedReplay[],
): Promise<void> {
  const blocked = new Set<number>();
  for (const change of parked) {
    if (blocked.has(change.chain)) continue;
    const refusal = await applyTogether(options, [change]);
    if (!refusal) {
      applied.push(change);
      continue;
    }
    blocked.add(change.chain);
    refused.push({ id: change.id, ...refusal });
  }
}

/** One target transaction. Gives why not, if not; then nothing has changed. */
async function applyTogether(options: ReplayOptions, parked: readonly StoredChange[]): Promise<Refusal | undefined> {
  const { applier, signal } = options;
  const { session } = applier.options;
  const changes = new Coalescer();
  try {
    for (const { event } of parked) carry(options.maps, event, changes);
    options.touch(changes);
    await session.retry((connection) => write(applier, connection, changes, parked), signal);
    return undefined;
  } catch (error) {
    await session.rollback();
    const refusal = rowRefusal(error, undefined)?.error ?? (isUnmapped(error) ? error : undefined);
    if (!refusal) throw error;
    return refusalOf(refusal);
  }
}

async function write(
  applier: Applier,
  connection: Connection,
  changes: Coalescer,
  parked: readonly StoredChange[],
): Promise<void> {
  const { name } = applier.options;
  const unpark = unparkStatement(
    name,
    parked.map(({ id }) => id),
  );
  const [answers] = await connection.query<RowDataPacket[][]>(applier.turn.opening().join(';'));
  await applier.turn.require(connection, answers, true);
  // Nothing left to take out: a COMMIT arrived whose answer did not.
  const [waiting] = await connection.query<RowDataPacket[]>(unpark.sql.replace(/^DELETE/, 'SELECT id'));
  if (waiting.length > 0) await sendAll(connection, [...applier.rowStatements(changes), unpark], applier.limits);
  await connection.query('COMMIT');
}

function carry(maps: TableMaps, event: StoredChange['event'], changes: Coalescer): void {
  const map = maps[event.table];
  if (event.op === 'x')
    throw cdcErrors.error('CDC_EVENT_UNREADABLE', {
      message: `a change of ${event.table} cannot be carried: ${event.reason}`,
    });
  if (!map) return;
  try {
    mapChange(map, event, changes);
    // What the image leaves alone may be missing, when a change before it was dropped.
    for (const row of event.after ? map(event.after) : []) changes.put(row);
  } catch (error) {
    throw mappingFailed(event.table, error);
  }
}

function isUnmapped(error: unknown): error is Error {
  const { code } = error as { code?: string };
  return code === 'CDC_MAPPING_FAILED' || code === 'CDC_EVENT_UNREADABLE';
}
