import type { Connection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import type { Batch } from '../map/batch.ts';
import { readStreamRecord } from './bookkeeping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import type { Derivations } from '../derived/derived-tables.ts';
import { withDerived } from '../derived/recompute.ts';
import { cdcErrors } from '../errors.ts';
import { quoteText } from './literal.ts';
import { formatPosition, type Position } from '../position.ts';
import { describeRefusal } from './refusal.ts';
import { writeStatements, type Statement } from './statements.ts';
import { classify, type TargetSession } from './target-session.ts';

/** Places where a test may stop or kill the stream. */
export type NamedPoint =
  | 'snapshot:started'
  | 'snapshot:chunk'
  | 'snapshot:cycle'
  | 'snapshot:finished'
  | 'apply:begin'
  | 'apply:sent'
  | 'apply:before-commit'
  | 'apply:committed'
  | 'stream:resumed';

export interface ApplierOptions {
  readonly name: string;
  readonly unit: string;
  readonly epoch: number;
  readonly targetSide: 'legacy' | 'service';
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly derivations?: Derivations;
  readonly session: TargetSession;
  readonly at: (point: NamedPoint) => void | Promise<void>;
}

/** A batch whose SQL is written already, so that it can wait for its turn without costing time then. */
export interface PreparedBatch {
  readonly position: Position;
  readonly cursor: string | undefined;
  readonly statements: readonly Statement[];
  readonly hasData: boolean;
}

/**
 * Applies batches exactly once: rows, position and epoch check share one transaction. The position row is written
 * first: its lock holds off whoever takes the stream over, and an older epoch matches no row.
 */
export class Applier {
  private readonly options: ApplierOptions;

  constructor(options: ApplierOptions) {
    this.options = options;
  }

  prepare(batch: Batch): PreparedBatch {
    const { tables, derivations } = this.options;
    const statements = writeStatements(batch.coalesced, tables);
    return {
      position: batch.position,
      cursor: batch.cursor,
      statements: withDerived(derivations, batch.coalesced, tables, statements),
      hasData: batch.dataChanges > 0,
    };
  }

  async apply(batch: PreparedBatch, signal: AbortSignal): Promise<void> {
    const { session } = this.options;
    try {
      await session.retry(async (connection, tries) => {
        if (tries > 0 && (await this.isCommitted(connection, batch))) return;
        await this.attempt(connection, batch);
      }, signal);
    } catch (error) {
      if (classify(error) !== 'refused' || !('sqlState' in (error as object))) throw error;
      throw await this.refusal(batch, error);
    }
  }

  private async attempt(connection: Connection, batch: PreparedBatch): Promise<void> {
    const { at } = this.options;
    await at('apply:begin');
    const rest = [...batch.statements];
    const opening = [`START TRANSACTION`, this.moveTo(batch), this.readOwner(), ...this.takePacket(rest)].join(';');
    const [results] = await connection.query<RowDataPacket[][]>(opening);
    await this.requireTurn(connection, results, batch);
    await at('apply:sent');
    while (rest.length > 0) await connection.query(this.takePacket(rest).join(';'));
    await at('apply:before-commit');
    await connection.query('COMMIT');
    await at('apply:committed');
  }

  private moveTo({ position, cursor }: PreparedBatch): string {
    const { name, epoch } = this.options;
    const hint = cursor === undefined ? 'NULL' : quoteText(cursor);
    return `UPDATE banyan.stream_position SET position=${quoteText(formatPosition(position))}, \`cursor\`=${hint}, changed_at=NOW(3) WHERE name=${quoteText(name)} AND epoch=${epoch}`;
  }

  private readOwner(): string {
    return `SELECT owner FROM banyan.ownership WHERE unit=${quoteText(this.options.unit)} LOCK IN SHARE MODE`;
  }

  /** Takes as many statements as one packet may hold, at least one. */
  private takePacket(rest: Statement[]): string[] {
    const taken: string[] = [];
    const { packetBytes } = this.options.session;
    let bytes = 0;
    while (rest[0]) {
      bytes += Buffer.byteLength(rest[0].sql) + 1;
      if (taken.length > 0 && bytes > packetBytes) break;
      if (bytes > packetBytes) throw describeRefusal({ errno: 1153 }, this.options.tables.get(rest[0].table));
      taken.push((rest.shift() as Statement).sql);
    }
    return taken;
  }

  private async requireTurn(
    connection: Connection,
    results: readonly RowDataPacket[][],
    { hasData }: PreparedBatch,
  ): Promise<void> {
    const { name, unit, epoch, targetSide } = this.options;
    const moved = (results[1] as unknown as ResultSetHeader).affectedRows === 1;
    const owner = results[2]?.[0]?.['owner'] as string | undefined;
    if (moved && !(hasData && owner === targetSide)) return;
    await connection.query('ROLLBACK');
    if (!moved)
      throw cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${epoch}` });
    throw cdcErrors.error('CDC_TARGET_OWNS_ROWS', {
      message: `stream ${name} carries changes of ${unit}, but ${targetSide}, its target, owns these rows`,
    });
  }

  /** After a lost connection: whether the COMMIT arrived although its answer did not. */
  private async isCommitted(connection: Connection, batch: PreparedBatch): Promise<boolean> {
    const { name, epoch } = this.options;
    const record = await readStreamRecord(connection, name);
    return record?.epoch === epoch && formatPosition(record.position) === formatPosition(batch.position);
  }

  /** Finds the statement that was refused by running them one by one; everything is rolled back. */
  private async refusal(batch: PreparedBatch, error: unknown): Promise<Error> {
    const { session, tables } = this.options;
    let table = '';
    try {
      const connection = await session.open();
      await connection.query('ROLLBACK');
      await connection.query('START TRANSACTION');
      for (const statement of batch.statements) {
        table = statement.table;
        await connection.query(statement.sql);
      }
      table = '';
    } catch {
      // The table is known now; the error itself is the one already in hand.
    } finally {
      session.close();
    }
    return describeRefusal(error, tables.get(table));
  }
}
