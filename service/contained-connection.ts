import { quoteName } from '../shared/index.ts';
import { serviceErrors } from './errors.ts';
import { readText, type RawConnection, type RawQuery, type RawRow } from './raw-connection.ts';
import { RowLog } from './row-log.ts';
import { readStatement, type Statement } from './statement.ts';
import type { TableCatalogue, TableFacts } from './table-facts.ts';

type Change = Extract<Statement, { table: string }>;
type Changed<Kind> = Extract<Change, { kind: Kind }>;

export interface Containment {
  readonly tables: TableCatalogue;
  /** Called before a row changes; what it throws is what the handler gets. */
  readonly onChange: () => void;
}

/**
 * A connection inside a transaction that is going to be rolled back, as TypeORM uses it. Lets through what stays inside
 * the transaction, and looks at every row that a statement changes: before and after, however the statement was made.
 */
export class ContainedConnection {
  readonly rows = new RowLog();
  readonly unseen: string[] = [];
  readonly #connection: RawConnection;
  readonly #containment: Containment;
  #isOver = false;

  constructor(connection: RawConnection, containment: Containment) {
    this.#connection = connection;
    this.#containment = containment;
  }

  /** From here on nothing is let through: what a handler does after its answer would not be rolled back. */
  end(): void {
    this.#isOver = true;
  }

  promise(): { query: (query: RawQuery | string, values?: unknown) => Promise<[unknown, unknown]> } {
    return { query: async (query, values) => [await this.#run(query, values), []] };
  }

  /** The stream of a SELECT. */
  query(query: string, values?: unknown): unknown {
    const statement = this.#admitted(query);
    if (statement.kind !== 'read') throw refusal('a change as a stream');
    return this.#connection.query(query, values);
  }

  /** Belongs to whoever opened the transaction. */
  release(): void {}

  async #run(query: RawQuery | string, values: unknown): Promise<unknown> {
    const sql = typeof query === 'string' ? query : query.sql;
    const statement = this.#admitted(sql);
    if (statement.kind === 'read') return this.#pass(query, values);
    this.#containment.onChange();
    if (statement.kind === 'unseen') return this.#runUnseen(statement.words, query, values);
    const facts = await this.#containment.tables.of(this.#connection, statement.table);
    if (!facts.isTransactional) throw refusal(`a change of ${statement.table}, which cannot be rolled back`);
    const isReadable = facts.key.length > 0 && (values === undefined || Array.isArray(values));
    if (!isReadable) return this.#runUnseen(`${statement.kind} ${statement.table}`, query, values);
    if (statement.kind === 'insert') return this.#insert(statement, facts, values);
    return this.#modify(statement, facts, query, (values as unknown[] | undefined) ?? []);
  }

  #admitted(sql: string): Exclude<Statement, { kind: 'refused' }> {
    if (this.#isOver) throw refusal('a statement after the answer');
    const statement = readStatement(sql);
    if (statement.kind === 'refused') throw refusal(statement.words);
    return statement;
  }

  #runUnseen(words: string, query: RawQuery | string, values: unknown): Promise<unknown> {
    this.unseen.push(words);
    return this.#pass(query, values);
  }

  /** The database itself says what it has inserted: generated keys, defaults, generated columns. */
  async #insert(statement: Changed<'insert'>, facts: TableFacts, values: unknown): Promise<unknown> {
    const { head, table, mayReplace, returns } = statement;
    const rows = await readText(this.#connection, `${head}\nRETURNING *`, values);
    for (const row of rows) this.rows.note(table, facts.key, mayReplace ? undefined : null, row);
    if (returns) return this.#pass(`SELECT * FROM ${facts.name} WHERE ${whereKeys(facts, rows)}`, keysOf(facts, rows));
    const counted = Number(rows[0]?.[facts.counted ?? ''] ?? 0);
    return { fieldCount: 0, affectedRows: rows.length, insertId: counted, info: '', serverStatus: 3, warningStatus: 0 };
  }

  async #modify(
    { kind, table, rest, skips, returns }: Changed<'update' | 'delete'>,
    facts: TableFacts,
    query: RawQuery | string,
    values: readonly unknown[],
  ): Promise<unknown> {
    const { name, key } = facts;
    const before = await readText(this.#connection, `SELECT * FROM ${name} ${rest}\nFOR UPDATE`, values.slice(skips));
    const result = await this.#pass(query, values);
    if (before.length === 0) return result;
    const keys = keysOf(facts, before);
    const after =
      kind === 'delete'
        ? []
        : await readText(this.#connection, `SELECT * FROM ${name} WHERE ${whereKeys(facts, before)}`, keys);
    const byKey = new Map(after.map((row) => [keyText(facts, row), row]));
    for (const row of before) this.rows.note(table, key, row, byKey.get(keyText(facts, row)) ?? null);
    if (kind === 'update' && after.length < before.length) this.unseen.push(`update of the key of ${table}`);
    if (returns && kind === 'update') this.unseen.push(`update ${table} returning`);
    return result;
  }

  async #pass(query: RawQuery | string, values: unknown): Promise<unknown> {
    const [result] = await this.#connection.promise().query(query, values);
    return result;
  }
}

function whereKeys({ key }: TableFacts, rows: readonly RawRow[]): string {
  if (rows.length === 0) return 'FALSE';
  const one = `(${key.map((name) => `${quoteName(name)} = ?`).join(' AND ')})`;
  return rows.map(() => one).join(' OR ');
}

function keysOf({ key }: TableFacts, rows: readonly RawRow[]): unknown[] {
  return rows.flatMap((row) => key.map((name) => row[name]));
}

function keyText({ key }: TableFacts, row: RawRow): string {
  return JSON.stringify(key.map((name) => String(row[name])));
}

function refusal(what: string): Error {
  return serviceErrors.error('SERVICE_DRY_RUN_REFUSED', { message: `a dry run may not do this: ${what}` });
}
