import type { Connection } from '../../shared/index.ts';
import { judged, rowsOf, type CheckItem } from './check-item.ts';

const UNKNOWN_TABLE = 1109;
/** Rows in another shape, their indexes, the undo of the copy and the log of it. */
const ROOM_FACTOR = 3;

/** Whether the target's disk holds a copy of the source's tables. The server tells only with its DISKS plugin. */
export async function inspectDisk(
  source: Connection,
  target: Connection,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  if (tables.length === 0) return [];
  const [size] = await rowsOf(
    source,
    `SELECT COALESCE(SUM(DATA_LENGTH), 0) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?)`,
    [schema, tables],
  );
  const needed = Number(size?.['bytes']) * ROOM_FACTOR;
  const subject = 'target disk';
  const expected = `about ${megabytes(needed)} free: ${ROOM_FACTOR} times the source's tables`;
  try {
    const [disk] = await rowsOf(
      target,
      `SELECT Path AS path, Available * 1024 AS bytes FROM information_schema.DISKS
       WHERE LEFT(@@datadir, LENGTH(Path)) = Path ORDER BY LENGTH(Path) DESC LIMIT 1`,
    );
    const free = Number(disk?.['bytes'] ?? 0);
    const value = `${megabytes(free)} free at ${String(disk?.['path'])}`;
    return [judged(free >= needed, 'warning', { subject, value, expected, fix: 'make room before the first copy' })];
  } catch (error) {
    const { errno } = error as { errno?: number };
    const fix = errno === UNKNOWN_TABLE ? "INSTALL SONAME 'disks'" : 'GRANT FILE ON *.* to see it';
    return [{ verdict: 'unknown', subject, value: 'not visible', expected, fix }];
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}
