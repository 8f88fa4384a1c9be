import { quoteName, type Connection, type RowDataPacket } from '../../../shared/index.ts';
import { literalWriter } from '../../apply/literal.ts';
import type { Row, Value } from '../../change-event.ts';
import type { TargetRow } from '../../mapping.ts';
import { canonicalValue, qualifiedName, selectList, type TableInfo } from '../../tables/catalogue.ts';
import type { TableRules } from './column-rules.ts';

/** What the server made of one row that was written into a scratch table. */
export type Stored =
  | { readonly kind: 'stored'; readonly image: Row }
  /** A CHECK constraint kept it out, or it is larger than one packet. */
  | { readonly kind: 'refused'; readonly reason: string };

type Driver = {
  query(options: { sql: string; rowsAsArray: true }): Promise<[unknown[][], unknown]>;
};

const STATEMENT_LENGTH = 256 * 1024;
const ROW = 'banyan_row';

/** Settings under which nothing is refused: what cannot be kept shows as another value when it is read back. */
export async function prepareScratchSession(connection: Connection): Promise<void> {
  await connection.query(`SET SESSION sql_mode='', time_zone='+00:00', foreign_key_checks=0`);
}

/**
 * A temporary table with the columns, defaults, generated columns and CHECK constraints of a real one, without its keys.
 * The server itself says what it keeps of a value: width, range, character set, members, defaults of what is not given.
 * It is never written to the log and ends with the connection.
 */
export class ScratchTable {
  readonly name: string;
  private readonly connection: Connection;
  private readonly table: TableInfo;
  private readonly rules: TableRules;
  private packetBytes = 0;

  constructor(connection: Connection, table: TableInfo, rules: TableRules, name: string) {
    this.connection = connection;
    this.table = table;
    this.rules = rules;
    this.name = name;
  }

  async create(): Promise<void> {
    const { connection, name, table } = this;
    const columns = table.columns.map((column) => quoteName(column.name)).join(', ');
    await connection.query(
      `CREATE TEMPORARY TABLE ${name} (${ROW} INT NOT NULL PRIMARY KEY) ENGINE=InnoDB
       AS SELECT ${columns} FROM ${qualifiedName(table)} LIMIT 0`,
    );
    const changes = [...this.generated(), ...this.rules.checks.map(({ clause }, i) => checkOf(clause, i))];
    if (changes.length > 0) await connection.query(`ALTER TABLE ${name} ${changes.join(', ')}`);
    const [[limit]] = await connection.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
    this.packetBytes = Number(limit?.['bytes']);
  }

  private generated(): string[] {
    return [...this.rules.columns].flatMap(([column, { generated }]) =>
      generated === undefined ? [] : [`MODIFY COLUMN ${quoteName(column)} ${generated}`],
    );
  }

  /** Writes the rows, replacing those of the time before, and reads them back, in the same order. */
  async fill(rows: readonly TargetRow[]): Promise<Stored[]> {
    await this.connection.query(`DELETE FROM ${this.name}`);
    const refusals = new Set<string>();
    const tooLarge = new Set<number>();
    for (const insert of this.inserts(rows, tooLarge))
      for (const reason of await this.insert(insert)) refusals.add(reason);
    const images = await this.readBack();
    return rows.map((_, i) => {
      const image = images.get(i);
      if (image) return { kind: 'stored', image };
      const reason = tooLarge.has(i)
        ? `is larger than max_allowed_packet (${this.packetBytes} bytes)`
        : constraint(refusals);
      return { kind: 'refused', reason };
    });
  }

  private async insert({ sql, rows }: Insert): Promise<string[]> {
    const [result] = await this.connection.query(sql);
    if ((result as { affectedRows: number }).affectedRows === rows) return [];
    const [warnings] = await this.connection.query<RowDataPacket[]>('SHOW WARNINGS');
    return warnings.flatMap((row) => {
      const number = /banyan_check_(\d+)/.exec(String(row['Message']))?.[1];
      return number === undefined ? [] : [this.rules.checks[Number(number)]?.name ?? ''];
    });
  }

  /** Rows with the same columns, in statements of bounded length. */
  private inserts(rows: readonly TargetRow[], tooLarge: Set<number>): Insert[] {
    const shapes = new Map<string, { columns: string[]; tuples: string[]; length: number }>();
    const inserts: Insert[] = [];
    const flush = (shape: { columns: string[]; tuples: string[]; length: number }): void => {
      if (shape.tuples.length === 0) return;
      const list = [ROW, ...shape.columns.map(quoteName)].join(',');
      const sql = `INSERT IGNORE INTO ${this.name} (${list}) VALUES ${shape.tuples.join(',')}`;
      inserts.push({ sql, rows: shape.tuples.length });
      shape.tuples = [];
      shape.length = 0;
    };
    for (const [i, { key, columns }] of rows.entries()) {
      const values: Row = { ...key, ...columns };
      const tuple = `(${[i, ...Object.keys(values).map((name) => this.literal(name, values[name] ?? null))].join(',')})`;
      if (Buffer.byteLength(tuple) + 1024 > this.packetBytes) {
        tooLarge.add(i);
        continue;
      }
      const id = Object.keys(values).join();
      const shape = shapes.get(id) ?? { columns: Object.keys(values), tuples: [], length: 0 };
      shapes.set(id, shape);
      if (shape.length + tuple.length > STATEMENT_LENGTH) flush(shape);
      shape.tuples.push(tuple);
      shape.length += tuple.length;
    }
    for (const shape of shapes.values()) flush(shape);
    return inserts;
  }

  private literal(column: string, value: Value): string {
    return literalWriter(this.table.byName.get(column)?.kind)(value);
  }

  private async readBack(): Promise<Map<number, Row>> {
    const { columns } = this.table;
    const sql = `SELECT ${ROW}, ${selectList(columns)} FROM ${this.name}`;
    const [rows] = await (this.connection as unknown as Driver).query({ sql, rowsAsArray: true });
    return new Map(
      rows.map(([row, ...values]) => [
        Number(row),
        Object.fromEntries(columns.map((column, i) => [column.name, canonicalValue(column, values[i])])),
      ]),
    );
  }
}

interface Insert {
  readonly sql: string;
  readonly rows: number;
}

function checkOf(clause: string, index: number): string {
  return `ADD CONSTRAINT banyan_check_${index} CHECK (${clause})`;
}

function constraint(names: ReadonlySet<string>): string {
  return `breaks the CHECK constraint ${[...names].toSorted().join(' or ')}`;
}
