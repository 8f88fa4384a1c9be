import { quoteName, type RowDataPacket } from '../../shared/index.ts';
import { literalWriter } from '../apply/literal.ts';
import type { Row } from '../change-event.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { names, type Derivation, type Derivations } from './derived-tables.ts';

export interface BuildOptions {
  readonly derivations: Derivations;
  /** Runs one statement in a transaction of its own that only happens while the stream is ours; gives the rows it wrote. */
  readonly write: (sql: string) => Promise<number>;
  readonly query: (sql: string) => Promise<RowDataPacket[]>;
  readonly signal: AbortSignal;
  readonly pageRows?: number;
}

const PAGE_ROWS = 2000;

/**
 * Fills the derived tables, which are empty or hold the beginning of an earlier build, from landing tables that are
 * complete and stand still. Pages follow the key, so a kill leaves a beginning that the next run continues.
 */
export async function buildDerived(options: BuildOptions): Promise<void> {
  for (const derivation of options.derivations ?? []) await build(options, derivation);
}

async function build(
  { write, query, signal, pageRows = PAGE_ROWS }: BuildOptions,
  derivation: Derivation,
): Promise<void> {
  const { name, key, columns, select } = derivation;
  const ordered = (direction: string): string => key.map((column) => `${quoteName(column)} ${direction}`).join(', ');
  for (;;) {
    signal.throwIfAborted();
    const [last] = await query(`SELECT ${names(key)} FROM ${name} ORDER BY ${ordered('DESC')} LIMIT 1`);
    const where = last ? `WHERE ${behind(derivation.table, key, last)}` : '';
    const written = await write(
      `INSERT INTO ${name} (${names(columns)})
       SELECT ${names(columns, 's.')} FROM (${select}) s ${where} ORDER BY ${ordered('ASC')} LIMIT ${pageRows}`,
    );
    if (written < pageRows) return;
  }
}

function behind(table: TableInfo, key: readonly string[], last: Row): string {
  const literals = key.map((name) => literalWriter(table.byName.get(name)?.kind)(last[name] ?? null));
  const terms = key.map((name, i) => {
    const equal = key.slice(0, i).map((column, j) => `s.${quoteName(column)} = ${literals[j]}`);
    return `(${[...equal, `s.${quoteName(name)} > ${literals[i]}`].join(' AND ')})`;
  });
  return `(${terms.join(' OR ')})`;
}
