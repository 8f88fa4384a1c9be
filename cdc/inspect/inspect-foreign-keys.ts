import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { ok, rowsOf, type CheckItem } from './check-item.ts';

const QUERY = `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS child, REFERENCED_TABLE_NAME AS parent,
    DELETE_RULE AS on_delete, UPDATE_RULE AS on_update
  FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?`;

/** At a source: a cascade changes child rows inside the engine, and no row event tells of it. */
export async function inspectCascades(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  const rows = await rowsOf(connection, QUERY, [schema]);
  const cascading = rows.filter((row) => tables.includes(String(row['child'])) && cascades(row));
  if (cascading.length === 0) return [ok(`foreign keys of ${schema}`, 'none cascades', 'no cascade into the unit')];
  return cascading.map((row) => ({
    verdict: 'problem',
    subject: `foreign key ${String(row['name'])} of ${schema}.${String(row['child'])}`,
    value: `ON DELETE ${String(row['on_delete'])} ON UPDATE ${String(row['on_update'])}`,
    expected: 'RESTRICT: rows changed by a cascade do not appear in the log',
    fix: `ALTER TABLE \`${schema}\`.\`${String(row['child'])}\` DROP FOREIGN KEY \`${String(row['name'])}\`, and delete children explicitly`,
  }));
}

/**
 * At a target: the streams write with checks off, so that a child may come before its parent. A key that leads out of
 * the unit, or into it, is then kept by nobody.
 */
export async function inspectTargetKeys(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  const rows = await rowsOf(connection, QUERY, [schema]);
  const leading = rows.filter(
    (row) => tables.includes(String(row['child'])) !== tables.includes(String(row['parent'])),
  );
  return leading.map((row) => ({
    verdict: 'warning',
    subject: `foreign key ${String(row['name'])} of ${schema}.${String(row['child'])}`,
    value: `references ${String(row['parent'])}, across the border of the unit`,
    expected: 'keys inside the unit: the streams write with foreign_key_checks=0, nobody checks this one',
    fix: `ALTER TABLE \`${schema}\`.\`${String(row['child'])}\` DROP FOREIGN KEY \`${String(row['name'])}\`, or move both tables together`,
  }));
}

function cascades(row: RowDataPacket): boolean {
  return [row['on_delete'], row['on_update']].some((rule) => rule === 'CASCADE' || rule === 'SET NULL');
}
