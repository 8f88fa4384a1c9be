import { forgetUnit, markRetired, readRetirement, removeFence, type FenceOptions } from '../../cdc/index.ts';
import type { Pool } from '../../shared/index.ts';
import type { Side } from '../stage.ts';

export interface RetiredUnit {
  readonly unit: string;
  readonly streams: readonly string[];
  readonly sides: Readonly<Record<Side, { readonly pool: Pool; readonly fence: FenceOptions }>>;
}

/** What was taken out of both databases; nothing when it was all gone before. */
export interface Removal {
  readonly removed: readonly string[];
  /** Somebody had done it before. */
  readonly wasDone: boolean;
}

/**
 * Takes fences and bookkeeping of a unit out of both databases. The mark in the service's database comes first and says at
 * the end that nothing is left: whoever finds it half done, after a kill, goes on. Legacy's database is not asked for
 * anything any more once it is done.
 */
export async function removeTraces({ unit, streams, sides }: RetiredUnit): Promise<Removal> {
  const { pool } = sides.service;
  if ((await readRetirement(pool, unit)) === 'done') return { removed: [], wasDone: true };
  await markRetired(pool, unit, { done: false });
  const removed: string[] = [];
  for (const side of ['legacy', 'service'] as const)
    removed.push(...(await removeFrom(side, sides[side], unit, streams)));
  await markRetired(pool, unit, { done: true });
  return { removed, wasDone: false };
}

async function removeFrom(
  side: Side,
  { pool, fence }: RetiredUnit['sides'][Side],
  unit: string,
  streams: readonly string[],
): Promise<string[]> {
  await removeFence(pool, fence);
  const rows = Object.entries(await forgetUnit(pool, { unit, streams }));
  return [
    `${side}: the fence on ${fence.tables.map((table) => `${fence.schema}.${table}`).join(', ')}`,
    ...rows.map(([table, count]) => `${side}: ${count} rows of banyan.${table}`),
  ];
}
