import { readHead, type Position } from '../../cdc/index.ts';
import { openConnection, type Connection } from '../../shared/index.ts';
import type { Workload } from './workloads.ts';

/** The schema of the tables on every server. */
export const SCHEMA = 'bench';

/** A stretch of the source's log, and a point on the way for peers too slow to go all of it. */
export interface Backlog {
  readonly start: Position;
  readonly part: Mark;
  readonly end: Mark;
  readonly transactions: number;
}

/** Whoever has the row with this number in every table has applied `changes` changes. */
export interface Mark {
  readonly id: number;
  readonly position: Position;
  readonly changes: number;
}

/** Makes the workload's tables anew, empty. */
export async function emptyTables(connection: Connection, workload: Workload): Promise<void> {
  await connection.query(
    `DROP DATABASE IF EXISTS ${SCHEMA}; CREATE DATABASE ${SCHEMA}; USE ${SCHEMA}; ${workload.ddl}`,
  );
}

/** Writes `total` changes to the source in transactions of their own; `partOf` says where the first mark stands. */
export async function writeBacklog(url: string, workload: Workload, total: number, partOf: number): Promise<Backlog> {
  const connection = await openConnection(url, { multipleStatements: true });
  try {
    await connection.query(`USE ${SCHEMA}`);
    const start = await readHead(connection);
    const writer = new Writer(connection, workload);
    await writer.write(partOf);
    const part = await writer.mark(8_000_000_000_000_000);
    await writer.write(total);
    return { start, part, end: await writer.mark(9_000_000_000_000_000), transactions: writer.transactions };
  } finally {
    connection.destroy();
  }
}

const STATEMENTS_PER_ROUND_TRIP = 600;

class Writer {
  private readonly connection: Connection;
  private readonly workload: Workload;
  private readonly next: () => readonly string[];
  transactions = 0;
  private changes = 0;

  constructor(connection: Connection, workload: Workload) {
    this.connection = connection;
    this.workload = workload;
    this.next = workload.transactions();
  }

  async write(until: number): Promise<void> {
    let statements: string[] = [];
    while (this.changes < until) {
      const transaction = this.next();
      statements.push('BEGIN', ...transaction, 'COMMIT');
      this.changes += transaction.length;
      this.transactions += 1;
      if (statements.length < STATEMENTS_PER_ROUND_TRIP && this.changes < until) continue;
      await this.connection.query(statements.join(';'));
      statements = [];
    }
  }

  async mark(id: number): Promise<Mark> {
    const statements = this.workload.sentinel(id);
    await this.connection.query(['BEGIN', ...statements, 'COMMIT'].join(';'));
    this.changes += statements.length;
    this.transactions += 1;
    return { id, position: await readHead(this.connection), changes: this.changes };
  }
}
