import { openConnection, quoteName, type Connection, type RowDataPacket } from '../../shared/index.ts';
import type { KeyPlace } from '../fence/fence-trigger.ts';
import type { Row } from '../change-event.ts';
import { qualifiedName, selectList, type TableInfo } from '../tables/catalogue.ts';
import { toRow } from '../tables/table-pages.ts';
import { Comparer, keyReader } from './compare.ts';
import { keyOf } from './mismatch.ts';
import { readSideTables, type Sides, type SideTables } from './sides.ts';
import { Findings } from './verification.ts';

export interface OwnerKeys {
  readonly keys: readonly string[];
  /** Where the owner key stands, by table of each side. */
  readonly source: Readonly<Record<string, KeyPlace>>;
  readonly target: Readonly<Record<string, KeyPlace>>;
}

export interface OwnerKeysCheck {
  readonly rows: number;
  readonly wrong: number;
  /** There are more rows than are compared at once; nothing is said of them then. */
  readonly overflowed: boolean;
}

/** Rows of one table; more would hold the cohort's writes for seconds. */
const MOST_ROWS = 20_000;

/**
 * Compares all rows of some owner keys, with what the rows of the same keys on the other side are. Nobody may be writing
 * them: both sides are read as they are.
 */
export async function verifyOwnerKeys(sides: Sides, places: OwnerKeys): Promise<OwnerKeysCheck> {
  const tables = await readSideTables(sides);
  const [source, target] = await Promise.all([openConnection(sides.sourceUrl), openConnection(sides.targetUrl)]);
  try {
    return await new OwnerComparison(sides, tables, places, { source, target }).compare();
  } finally {
    for (const connection of [source, target]) connection.destroy();
  }
}

class OwnerComparison {
  private readonly findings = new Findings();
  private readonly expected = new Set<string>();
  private readonly comparer: Comparer;
  private readonly tables: SideTables;
  private readonly places: OwnerKeys;
  private readonly on: Readonly<Record<'source' | 'target', Connection>>;

  constructor({ maps }: Sides, tables: SideTables, places: OwnerKeys, on: OwnerComparison['on']) {
    this.tables = tables;
    this.places = places;
    this.on = on;
    this.comparer = new Comparer({
      maps,
      targetTables: tables.target,
      target: () => on.target,
      onMismatch: (mismatch) => this.findings.add(mismatch),
    });
  }

  async compare(): Promise<OwnerKeysCheck> {
    let overflowed = false;
    for (const table of this.tables.source) overflowed ||= !(await this.compareSource(table));
    if (!overflowed) for (const table of this.tables.target.values()) await this.findExtra(table);
    const { rows, wrong } = this.findings;
    return { rows, wrong, overflowed };
  }

  /** False when it has too many rows. */
  private async compareSource(table: TableInfo): Promise<boolean> {
    const rows = await readRowsOf(this.on.source, table, this.places.source, this.places.keys);
    if (rows.length > MOST_ROWS) return false;
    this.findings.rows += rows.length;
    for (const { table: name, key, part } of await this.comparer.comparePage(table, rows)) {
      const info = this.tables.target.get(name);
      if (info && !part) this.expected.add(placeOf(info, key));
    }
    return true;
  }

  private async findExtra(table: TableInfo): Promise<void> {
    for (const row of await readRowsOf(this.on.target, table, this.places.target, this.places.keys))
      if (!this.expected.has(placeOf(table, row)))
        this.findings.add({ kind: 'extra', table: table.name, key: keyOf(table.key, row), columns: [] });
  }
}

async function readRowsOf(
  connection: Connection,
  table: TableInfo,
  places: Readonly<Record<string, KeyPlace>>,
  keys: readonly string[],
): Promise<Row[]> {
  const place = places[table.name];
  if (!place) return [];
  const sql = `SELECT ${selectList(table.columns)} FROM ${qualifiedName(table)} WHERE ${among(table, place, places)} LIMIT ?`;
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true }, [keys, MOST_ROWS + 1]);
  return rows.map((values) => toRow(table.columns, values));
}

/** As texts: the column may be a number, and is compared as what it is in either case. */
function among({ schema }: TableInfo, { column, of }: KeyPlace, places: Readonly<Record<string, KeyPlace>>): string {
  if (of === undefined) return `${quoteName(column)} IN (?)`;
  const [parent = '', reference = ''] = of.split('.');
  const owner = quoteName(places[parent]?.column ?? '');
  return `${quoteName(column)} IN (SELECT ${quoteName(reference)} FROM ${quoteName(schema)}.${quoteName(parent)} WHERE ${owner} IN (?))`;
}

function placeOf(table: TableInfo, row: Row): string {
  return `${table.name} ${keyReader(table, table.key)(table.key.map((name) => row[name] ?? null))}`;
}
