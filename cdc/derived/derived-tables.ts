import { quoteName } from '../../shared/index.ts';
import { BOOKKEEPING_SCHEMA } from '../apply/bookkeeping.ts';
import { cdcErrors } from '../errors.ts';
import type { DerivedTable } from '../mapping.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';

/** A declared derived table with what the catalogue knows of it, as SQL. */
export interface Derivation {
  readonly table: TableInfo;
  /** Qualified name of the table, and of the session's own table of touched keys. */
  readonly name: string;
  readonly touched: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly select: string;
  readonly affected: DerivedTable['affected'];
}

/** Undefined when the mapping declares none: nothing is added to what an applier does then. */
export type Derivations = readonly Derivation[] | undefined;

/** Throws CDC_TABLE_UNUSABLE naming every derived table that does not fit its declaration. */
export function readDerivations(
  declared: Readonly<Record<string, DerivedTable>> | undefined,
  tables: ReadonlyMap<string, TableInfo>,
): Derivations {
  const entries = Object.entries(declared ?? {});
  if (entries.length === 0) return undefined;
  const problems = entries.flatMap(([name, derived]) => misfits(name, derived, tables));
  if (problems.length > 0) throw cdcErrors.error('CDC_TABLE_UNUSABLE', { message: problems.join('; ') });
  return entries.map(([name, derived], i) => derivationOf(tables.get(name) as TableInfo, derived, i));
}

function misfits(name: string, { key, affected }: DerivedTable, tables: ReadonlyMap<string, TableInfo>): string[] {
  const table = tables.get(name);
  if (!table) return [`derived table ${name} is not among the unit's target tables`];
  const strangers = Object.keys(affected).filter((landing) => !tables.has(landing));
  const short = Object.entries(affected).filter(([, keys]) => typeof keys !== 'string' && keys.length !== key.length);
  return [
    ...(key.toSorted().join() === table.key.toSorted().join()
      ? []
      : [
          `derived table ${name} declares the key ${key.join(', ')}; its primary key is ${table.key.join(', ') || 'missing'}`,
        ]),
    ...strangers.map(
      (landing) => `derived table ${name} reads ${landing}, which is not among the unit's target tables`,
    ),
    ...short.map(
      ([landing, keys]) => `derived table ${name} has ${key.length} key column(s), ${landing} gives ${keys.length}`,
    ),
  ];
}

function derivationOf(table: TableInfo, { key, select, affected }: DerivedTable, index: number): Derivation {
  return {
    table,
    name: qualifiedName(table),
    touched: `${BOOKKEEPING_SCHEMA}.derived_keys_${index}`,
    key,
    columns: table.columns.filter((column) => !column.isGenerated).map(({ name }) => name),
    select: select.trim().replace(/;$/, ''),
    affected,
  };
}

/**
 * What a session runs once before its first transaction. Never inside one: creating a table, even a temporary one, makes
 * MariaDB write a transaction that is rolled back into its log.
 */
export function sessionSetup(derivations: Derivations): string[] {
  const first = derivations?.[0];
  if (!derivations || !first) return [];
  return [
    `USE ${quoteName(first.table.schema)}`,
    ...derivations.map(
      ({ touched, key, name }) =>
        `CREATE TEMPORARY TABLE IF NOT EXISTS ${touched} (PRIMARY KEY (${names(key)})) ENGINE=InnoDB
         AS SELECT ${names(key)} FROM ${name} LIMIT 0`,
    ),
  ];
}

export function names(columns: readonly string[], prefix = ''): string {
  return columns.map((column) => `${prefix}${quoteName(column)}`).join(', ');
}
