import type { Connection, RowDataPacket } from '../../../shared/index.ts';
import { quoteName } from '../../../shared/index.ts';
import { BOOKKEEPING_SCHEMA } from '../../apply/bookkeeping.ts';
import type { TargetRow } from '../../mapping.ts';
import { qualifiedName, type TableInfo } from '../../tables/catalogue.ts';
import type { TableRules } from './column-rules.ts';
import { KeyLedger } from './key-ledger.ts';
import { ScratchTable, type Stored } from './scratch-table.ts';
import type { SideTables } from './structure.ts';

interface Scratch {
  readonly table: TableInfo;
  readonly rows: ScratchTable;
  readonly ledgers: readonly KeyLedger[];
}

export interface Collision {
  readonly table: string;
  readonly index: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Scratch tables and key ledgers of one side, made when a row first needs them. */
export class ScratchPool {
  private readonly connection: Connection;
  private readonly side: SideTables;
  private readonly scratches = new Map<string, Scratch>();
  private made = 0;

  constructor(connection: Connection, side: SideTables) {
    this.connection = connection;
    this.side = side;
  }

  /** What the server keeps of rows of one table; whole ones also take their place in its unique keys. */
  async keep(name: string, rows: readonly TargetRow[]): Promise<Stored[]> {
    const { rows: scratch, ledgers } = await this.open(name);
    const stored = await scratch.fill(rows);
    const whole = rows.flatMap(({ part }, i) => (part || stored[i]?.kind !== 'stored' ? [] : [i]));
    for (const ledger of ledgers) await ledger.add(scratch, whole);
    return stored;
  }

  collisions(): Collision[] {
    return [...this.scratches.values()].flatMap(({ table, ledgers }) =>
      ledgers
        .filter((ledger) => ledger.collisions > 0)
        .map(({ index, collisions }) => ({
          table: table.name,
          index: index.name,
          columns: index.columns.map((column) => column.name),
          rows: collisions,
        })),
    );
  }

  /**
   * Rows that stand in the real table under a key the mapping never yields, and hold a unique value that it does yield.
   * Only meaningful when every row has been kept.
   */
  async foreignCollisions(): Promise<Collision[]> {
    const found: Collision[] = [];
    for (const { table, ledgers } of this.scratches.values()) {
      const primary = ledgers.find(({ index }) => index.name === 'PRIMARY');
      for (const ledger of ledgers) {
        if (!primary || ledger === primary) continue;
        const rows = await this.countForeign(table, primary, ledger);
        const columns = ledger.index.columns.map((column) => column.name);
        if (rows > 0) found.push({ table: table.name, index: ledger.index.name, columns, rows });
      }
    }
    return found;
  }

  private async countForeign(table: TableInfo, primary: KeyLedger, ledger: KeyLedger): Promise<number> {
    const same = (a: string, b: string, columns: readonly { name: string }[]): string =>
      columns.map(({ name }) => `${a}.${quoteName(name)} = ${b}.${quoteName(name)}`).join(' AND ');
    const [[count]] = await this.connection.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS n FROM ${qualifiedName(table)} t JOIN ${ledger.name} u ON ${same('t', 'u', ledger.index.columns)}
       LEFT JOIN ${primary.name} p ON ${same('t', 'p', primary.index.columns)}
       WHERE p.${quoteName(primary.index.columns[0]?.name ?? '')} IS NULL`,
    );
    return Number(count?.['n']);
  }

  private async open(name: string): Promise<Scratch> {
    const known = this.scratches.get(name);
    if (known) return known;
    const { tables, rules } = this.side;
    const table = tables.get(name) as TableInfo;
    const tableRules = rules.get(name) as TableRules;
    const number = this.made++;
    const rows = new ScratchTable(this.connection, table, tableRules, `${BOOKKEEPING_SCHEMA}.check_rows_${number}`);
    const ledgers = tableRules.uniques.map(
      (index, i) => new KeyLedger(this.connection, table, index, `${BOOKKEEPING_SCHEMA}.check_keys_${number}_${i}`),
    );
    await rows.create();
    for (const ledger of ledgers) await ledger.create();
    const scratch = { table, rows, ledgers };
    this.scratches.set(name, scratch);
    return scratch;
  }
}
