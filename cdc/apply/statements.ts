import { quoteName } from '../../shared/index.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import type { Row, Value } from '../change-event.ts';
import type { Coalescer, TableChanges, TargetChange, WaitingPart } from '../map/coalesce.ts';
import { literalWriter, type WriteLiteral } from './literal.ts';

/** One statement and the table it writes; the text holds row contents and must never be logged. */
export interface Statement {
  readonly table: string;
  readonly sql: string;
  /** Present when the statement only reaches a row that is there already. */
  readonly part?: WaitingPart;
}

const STATEMENT_LENGTH = 512 * 1024;
// Below the length from which MariaDB turns a list into a subquery.
const KEYS_PER_DELETE = 900;

/** Rows with the same columns, collected into few statements. */
interface Shape {
  readonly columns: readonly string[];
  readonly writers: readonly WriteLiteral[];
  readonly rows: string[];
  length: number;
}

/** The SQL of a folded batch: for each table deletes, then upserts, then updates of parts. */
export function writeStatements(changes: Coalescer, tables: ReadonlyMap<string, TableInfo>): Statement[] {
  const names = [...changes.tables.keys()].toSorted();
  return names.flatMap((name) => {
    const info = tables.get(name);
    if (!info) throw new RangeError(`the mapping names table ${name}, which is not among the unit's target tables`);
    return new TableWriter(name, info).write(changes.tables.get(name) as TableChanges);
  });
}

class TableWriter {
  /** As the mapping says it. */
  private readonly tableName: string;
  private readonly info: TableInfo;
  private readonly name: string;
  private readonly statements: Statement[] = [];
  private readonly shapes: Shape[] = [];
  private readonly deletes: string[] = [];
  private readonly updates: TargetChange[] = [];

  constructor(tableName: string, info: TableInfo) {
    this.tableName = tableName;
    this.info = info;
    this.name = qualifiedName(info);
  }

  write({ keyColumns, byKey, isEmptied }: TableChanges): Statement[] {
    if (isEmptied) this.add(`DELETE FROM ${this.name}`);
    // With a second unique key an upsert may hit another row than its own; deleting first and inserting plainly
    // makes such a collision an error instead.
    const replaces = this.info.uniques.length > 0;
    // A row removed as 'a' may be there as 'A' by now, for which a part of 'a' is meant too.
    const hasTextKey = keyColumns.some((column) => this.info.byName.get(column)?.kind === 'text');
    const keyWriters = keyColumns.map((column) => this.writer(column));
    const inserts: TargetChange[] = [];
    for (const change of byKey.values()) {
      if (change.removed || (replaces && change.whole))
        this.deletes.push(this.keyOf(change.key, keyColumns, keyWriters));
      if (change.whole) inserts.push(change);
      else if (change.parts && (!change.removed || hasTextKey)) this.updates.push(change);
    }
    this.flushDeletes(keyColumns);
    for (const change of inserts) this.insert(change, replaces);
    for (const shape of this.shapes) this.flushInserts(shape, replaces);
    for (const change of this.updates) this.update(change, keyColumns, keyWriters);
    return this.statements;
  }

  private keyOf(key: Row, columns: readonly string[], writers: readonly WriteLiteral[]): string {
    const values = columns.map((column, i) => (writers[i] as WriteLiteral)(key[column] ?? null));
    if (values.length === 1) return values[0] as string;
    return `(${columns.map((column, i) => `${quoteName(column)}=${values[i]}`).join(' AND ')})`;
  }

  private writer(column: string): WriteLiteral {
    return literalWriter(this.info.byName.get(column)?.kind);
  }

  private flushDeletes(keyColumns: readonly string[]): void {
    const [first, ...more] = keyColumns.map(quoteName);
    for (let i = 0; i < this.deletes.length; i += KEYS_PER_DELETE) {
      const keys = this.deletes.slice(i, i + KEYS_PER_DELETE);
      // Pairs compared by IN may scan the table; spelled out they are ranges of the primary key.
      const condition = more.length > 0 ? keys.join(' OR ') : `${first} IN (${keys.join(',')})`;
      this.add(`DELETE FROM ${this.name} WHERE ${condition}`);
    }
  }

  private insert({ key, whole, parts }: TargetChange, replaces: boolean): void {
    const columns = parts ? { ...whole, ...parts } : (whole as Row);
    const shape = this.shapeOf(key, columns);
    let text = '';
    let i = 0;
    for (const name in key) text += `,${(shape.writers[i++] as WriteLiteral)(key[name] as Value)}`;
    for (const name in columns) text += `,${(shape.writers[i++] as WriteLiteral)(columns[name] as Value)}`;
    shape.rows.push(`(${text.slice(1)})`);
    shape.length += text.length;
    if (shape.length > STATEMENT_LENGTH) this.flushInserts(shape, replaces);
  }

  private shapeOf(key: Row, columns: Row): Shape {
    const last = this.shapes.find((shape) => hasColumns(shape, key, columns));
    if (last) return last;
    const names = [...Object.keys(key), ...Object.keys(columns)];
    const shape: Shape = { columns: names, writers: names.map((n) => this.writer(n)), rows: [], length: 0 };
    this.shapes.push(shape);
    return shape;
  }

  private flushInserts(shape: Shape, replaces: boolean): void {
    if (shape.rows.length === 0) return;
    const names = shape.columns.map(quoteName);
    const insert = `INSERT INTO ${this.name} (${names.join(',')}) VALUES ${shape.rows.join(',')}`;
    this.add(replaces ? insert : `${insert} ON DUPLICATE KEY UPDATE ${this.updatesOf(shape.columns)}`);
    shape.rows.length = 0;
    shape.length = 0;
  }

  private updatesOf(columns: readonly string[]): string {
    const mapped = columns.map(quoteName).map((name) => `${name}=VALUES(${name})`);
    return [...mapped, ...this.keepSelfUpdating(columns)].join(',');
  }

  /** Columns that would change by themselves (ON UPDATE CURRENT_TIMESTAMP) are assigned to themselves instead. */
  private keepSelfUpdating(mapped: readonly string[]): string[] {
    const own = this.info.columns.filter((column) => column.isAutoUpdated && !mapped.includes(column.name));
    return own.map(({ name }) => `${quoteName(name)}=${quoteName(name)}`);
  }

  private update({ key, parts }: TargetChange, keyColumns: readonly string[], writers: readonly WriteLiteral[]): void {
    const names = Object.keys(parts as Row);
    const sets = names.map((name) => `${quoteName(name)}=${this.writer(name)((parts as Row)[name] ?? null)}`);
    const value = this.keyOf(key, keyColumns, writers);
    const where = keyColumns.length === 1 ? `${quoteName(keyColumns[0] as string)}=${value}` : value;
    const all = [...sets, ...this.keepSelfUpdating(names)];
    const part = { table: this.tableName, key, parts: parts as Row };
    this.add(`UPDATE ${this.name} SET ${all.join(',')} WHERE ${where}`, part);
  }

  private add(sql: string, part?: WaitingPart): void {
    this.statements.push({ table: this.tableName, sql, ...(part && { part }) });
  }
}

function hasColumns(shape: Shape, key: Row, columns: Row): boolean {
  let i = 0;
  for (const name in key) if (shape.columns[i++] !== name) return false;
  for (const name in columns) if (shape.columns[i++] !== name) return false;
  return i === shape.columns.length;
}
