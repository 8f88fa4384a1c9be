import { quoteName } from '../../shared/index.ts';
import { literalWriter } from '../apply/literal.ts';
import type { Statement } from '../apply/statements.ts';
import type { Row } from '../change-event.ts';
import type { Coalescer, TableChanges } from '../map/coalesce.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import { names, type Derivation, type Derivations } from './derived-tables.ts';

// Below the length from which MariaDB turns a list into a subquery.
const KEYS_PER_STATEMENT = 900;

/**
 * Adds to the statements of a batch what keeps the derived tables in step: the touched keys are collected before the
 * landing rows change and again afterwards, then the derived rows of all of them are computed anew. All of it belongs
 * into the batch's own transaction, on a session that ran `sessionSetup`.
 */
export function withDerived(
  derivations: Derivations,
  changes: Coalescer,
  tables: ReadonlyMap<string, TableInfo>,
  statements: readonly Statement[],
): readonly Statement[] {
  if (!derivations) return statements;
  const before: Statement[] = [];
  const after: Statement[] = [];
  for (const derivation of derivations) {
    const landings = Object.keys(derivation.affected).filter((name) => changes.tables.has(name) && tables.has(name));
    if (landings.length === 0) continue;
    const collect = (where: (changed: TableChanges, landing: TableInfo) => readonly string[]): Statement[] =>
      landings.flatMap((name) =>
        where(changes.tables.get(name) as TableChanges, tables.get(name) as TableInfo).map((condition) =>
          collectFrom(derivation, tables, name, condition),
        ),
      );
    before.push(statement(derivation, `DELETE FROM ${derivation.touched}`), ...collect(leavingRows));
    after.push(...collect(changedRows), ...recompute(derivation));
  }
  return [...before, ...statements, ...after];
}

/** Of a landing table that is emptied every row leaves. */
function leavingRows(changed: TableChanges, landing: TableInfo): readonly string[] {
  return changed.isEmptied ? [''] : changedRows(changed, landing);
}

function collectFrom(
  derivation: Derivation,
  tables: ReadonlyMap<string, TableInfo>,
  landingName: string,
  where: string,
): Statement {
  const { touched, key, affected } = derivation;
  const landing = tables.get(landingName) as TableInfo;
  const given = affected[landingName] as readonly string[] | string;
  const keys = typeof given === 'string' ? given.trim().replace(/;$/, '') : `SELECT ${names(given)} FROM changed`;
  // A landing row without a place in the derived table, such as one with an empty reference, touches nothing.
  const placed = key.map((column) => `${quoteName(column)} IS NOT NULL`).join(' AND ');
  return statement(
    derivation,
    `INSERT IGNORE INTO ${touched} (${names(key)})
     WITH changed AS (SELECT * FROM ${qualifiedName(landing)} ${where}), touched (${names(key)}) AS (${keys})
     SELECT ${names(key)} FROM touched WHERE ${placed}`,
  );
}

function recompute(derivation: Derivation): Statement[] {
  const { name, touched, key, columns, select } = derivation;
  const matches = (alias: string): string =>
    key.map((column) => `${alias}.${quoteName(column)} = k.${quoteName(column)}`).join(' AND ');
  return [
    statement(derivation, `DELETE d FROM ${name} d JOIN ${touched} k ON ${matches('d')}`),
    statement(
      derivation,
      `INSERT INTO ${name} (${names(columns)})
       SELECT ${names(columns, 's.')} FROM ${touched} k JOIN (${select}) s ON ${matches('s')}`,
    ),
  ];
}

function changedRows({ keyColumns, byKey }: TableChanges, landing: TableInfo): readonly string[] {
  const writers = keyColumns.map((column) => literalWriter(landing.byName.get(column)?.kind));
  const literalOf = (key: Row, i: number): string => writers[i]?.(key[keyColumns[i] as string] ?? null) ?? 'NULL';
  const spell = (key: Row): string =>
    keyColumns.length === 1
      ? literalOf(key, 0)
      : `(${keyColumns.map((column, i) => `${quoteName(column)}=${literalOf(key, i)}`).join(' AND ')})`;
  const keys = [...byKey.values()].map(({ key }) => spell(key));
  const conditions: string[] = [];
  for (let i = 0; i < keys.length; i += KEYS_PER_STATEMENT) {
    const some = keys.slice(i, i + KEYS_PER_STATEMENT);
    const [first = '', ...more] = keyColumns.map(quoteName);
    conditions.push(more.length === 0 ? `WHERE ${first} IN (${some.join(',')})` : `WHERE ${some.join(' OR ')}`);
  }
  return conditions;
}

function statement({ table }: Derivation, sql: string): Statement {
  return { table: table.name, sql };
}
