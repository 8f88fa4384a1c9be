import { quoteName, type Connection, type ResultSetHeader } from '../../../shared/index.ts';
import { qualifiedName, type TableInfo } from '../../tables/catalogue.ts';
import type { UniqueIndex } from './column-rules.ts';
import type { ScratchTable } from './scratch-table.ts';

/**
 * Every value of one unique index that the mapping yields, kept in a temporary table with that index: the server's own
 * collation says which two are the same. Counts the rows whose place was taken already.
 */
export class KeyLedger {
  collisions = 0;
  readonly index: UniqueIndex;
  private readonly connection: Connection;
  private readonly table: TableInfo;
  readonly name: string;

  constructor(connection: Connection, table: TableInfo, index: UniqueIndex, name: string) {
    this.connection = connection;
    this.table = table;
    this.index = index;
    this.name = name;
  }

  async create(): Promise<void> {
    const definition = this.index.columns.map((column) => column.definition).join(', ');
    await this.connection.query(
      `CREATE TEMPORARY TABLE ${this.name} (UNIQUE KEY (${definition})) ENGINE=InnoDB
       AS SELECT ${this.columns()} FROM ${qualifiedName(this.table)} LIMIT 0`,
    );
  }

  /** Adds the rows that a scratch table holds with these numbers; all of them are whole rows. */
  async add(scratch: ScratchTable, rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    const [result] = await this.connection.query<ResultSetHeader>(
      `INSERT IGNORE INTO ${this.name} SELECT ${this.columns()} FROM ${scratch.name} WHERE banyan_row IN (${rows.join(',')})`,
    );
    this.collisions += rows.length - result.affectedRows;
  }

  private columns(): string {
    return this.index.columns.map(({ name }) => quoteName(name)).join(', ');
  }
}
