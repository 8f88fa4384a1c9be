import { quoteName, type Connection } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import { qualifiedName, selectList, type TableInfo } from './catalogue.ts';
import { behind, toRow } from './table-pages.ts';

/** Rows in primary key order and about how much memory their values take. */
export interface RowPage {
  readonly rows: readonly Row[];
  readonly bytes: number;
}

/** A page is complete with the row that reaches either limit. */
export interface PageLimits {
  readonly rows: number;
  readonly bytes: number;
}

interface Driver {
  query(options: { sql: string; rowsAsArray: true }): Answer;
  pause(): void;
  resume(): void;
  on(event: 'error', listener: (error: Error) => void): void;
  off(event: 'error', listener: (error: Error) => void): void;
}

interface Answer {
  on(event: 'result', listener: (values: readonly unknown[]) => void): Answer;
  on(event: 'error', listener: (error: Error) => void): Answer;
  on(event: 'end', listener: () => void): Answer;
}

const PAGES_AHEAD = 2;

/**
 * Reads a table in primary key order, from the start or behind a key, with one SELECT whose sender is held back while
 * pages wait: a row is never asked for before its size is known, so memory is bounded however wide rows are. Whoever
 * leaves before the end, or aborts, can only close the connection.
 */
export async function* streamPages(
  connection: Connection,
  table: TableInfo,
  options: { readonly limits: PageLimits; readonly after: Row | undefined; readonly signal: AbortSignal },
): AsyncGenerator<RowPage> {
  const { limits, after, signal } = options;
  signal.throwIfAborted(); // An abort that is over is told to nobody.
  const where = after ? `WHERE ${behind(table, after)} ` : '';
  const sql = `SELECT ${selectList(table.columns)} FROM ${qualifiedName(table)} FORCE INDEX (PRIMARY) ${where}ORDER BY ${table.key.map(quoteName).join(', ')}`;
  const driver = (connection as unknown as { connection: Driver }).connection;
  const pages = new PageStream(driver, table, limits);
  const abort = (): void => pages.fail(signal.reason as Error);
  // A lost connection is told to the connection, not to its query.
  const lose = (error: Error): void => pages.fail(error);
  signal.addEventListener('abort', abort, { once: true });
  driver.on('error', lose);
  try {
    pages.ask(sql);
    for (let page = await pages.next(); page; page = await pages.next()) yield page;
  } finally {
    signal.removeEventListener('abort', abort);
    driver.off('error', lose);
  }
}

class PageStream {
  private readonly driver: Driver;
  private readonly table: TableInfo;
  private readonly limits: PageLimits;
  private readonly full: RowPage[] = [];
  private rows: Row[] = [];
  private bytes = 0;
  private isPaused = false;
  private hasEnded = false;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(driver: Driver, table: TableInfo, limits: PageLimits) {
    this.driver = driver;
    this.table = table;
    this.limits = limits;
  }

  ask(sql: string): void {
    this.driver
      .query({ sql, rowsAsArray: true })
      .on('result', (values) => this.take(values))
      .on('error', (error) => this.fail(error))
      .on('end', () => this.end());
  }

  /** The next page; undefined after the last. */
  async next(): Promise<RowPage | undefined> {
    while (this.full.length === 0 && !this.hasEnded) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const page = this.full.shift();
    if (this.isPaused && !this.isAhead()) {
      this.isPaused = false;
      this.driver.resume();
    }
    return page;
  }

  private take(values: readonly unknown[]): void {
    this.rows.push(toRow(this.table.columns, values));
    this.bytes += sizeOf(values);
    if (this.rows.length < this.limits.rows && this.bytes < this.limits.bytes) return;
    this.turn();
    if (!this.isAhead()) return;
    this.isPaused = true;
    this.driver.pause();
  }

  /** One page of wide rows is enough to wait for. */
  private isAhead(): boolean {
    const [first] = this.full;
    return this.full.length >= PAGES_AHEAD || (first !== undefined && first.bytes >= this.limits.bytes);
  }

  private turn(): void {
    if (this.rows.length > 0) this.full.push({ rows: this.rows, bytes: this.bytes });
    this.rows = [];
    this.bytes = 0;
    this.wake();
  }

  private end(): void {
    this.hasEnded = this.failure === undefined;
    this.turn();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }
}

function sizeOf(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) bytes += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  return bytes;
}
