import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { Batch } from '../map/batch.ts';
import type { Coalescer } from '../map/coalesce.ts';
import type { Derivations } from '../derived/derived-tables.ts';
import { withDerived } from '../derived/recompute.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { joined, sendAll, takePacket, type PacketLimits } from './packets.ts';
import { parkStatements } from './parked-store.ts';
import { describeRefusal } from './refusal.ts';
import { writeStatements, type Statement } from './statements.ts';
import { classify, type TargetSession } from './target-session.ts';
import { Turn, type Reached, type TurnOptions } from './turn.ts';

/** Places where a test may stop or kill the stream. */
export type NamedPoint =
  | 'snapshot:started'
  | 'snapshot:chunk'
  | 'snapshot:cycle'
  | 'snapshot:finished'
  | 'apply:begin'
  | 'apply:sent'
  | 'apply:piece'
  | 'apply:before-commit'
  | 'apply:committed'
  | 'stream:resumed';

export interface ApplierOptions extends TurnOptions {
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly derivations?: Derivations;
  readonly session: TargetSession;
  readonly at: (point: NamedPoint) => void | Promise<void>;
}

/** A batch whose SQL is written already, so that it can wait for its turn without costing time then. */
export interface PreparedBatch extends Reached {
  readonly statements: readonly Statement[];
  readonly hasData: boolean;
}

/** Applies batches exactly once: rows, position, parked changes and epoch check share one transaction. */
export class Applier {
  readonly turn: Turn;
  readonly options: ApplierOptions;

  constructor(options: ApplierOptions) {
    this.options = options;
    this.turn = new Turn(options);
  }

  get limits(): PacketLimits {
    return { packetBytes: this.options.session.packetBytes, tables: this.options.tables };
  }

  prepare(batch: Batch): PreparedBatch {
    const { name, unit } = this.options;
    const rows = this.rowStatements(batch.coalesced);
    return {
      position: batch.position,
      cursor: batch.cursor,
      statements: batch.parked.length === 0 ? rows : [...rows, ...parkStatements(name, unit, batch.parked)],
      hasData: batch.dataChanges > 0,
    };
  }

  rowStatements(changes: Coalescer): readonly Statement[] {
    const { tables, derivations } = this.options;
    return withDerived(derivations, changes, tables, writeStatements(changes, tables));
  }

  /** Applies or says what was refused: `CDC_ROW_REFUSED` names the table. */
  async apply(batch: PreparedBatch, signal: AbortSignal): Promise<void> {
    try {
      await this.attempt(batch, signal);
    } catch (error) {
      throw await this.explain(batch, error);
    }
  }

  /** Applies; a refusal is the driver's own error, and nothing is open after it. */
  async attempt(batch: PreparedBatch, signal: AbortSignal): Promise<void> {
    const { session } = this.options;
    try {
      await session.retry(async (connection, tries) => {
        if (tries > 0 && (await this.turn.isAt(connection, batch.position))) return;
        await this.write(connection, batch);
      }, signal);
    } catch (error) {
      // The next START TRANSACTION would commit what is left of this one.
      await session.rollback();
      throw error;
    }
  }

  private async write(connection: Connection, batch: PreparedBatch): Promise<void> {
    const { at } = this.options;
    await at('apply:begin');
    const rest = [...batch.statements];
    const first = takePacket(rest, this.limits);
    const opening = [...this.turn.opening(batch), ...(first.length > 0 ? [joined(first)] : [])].join(';');
    const [answers] = await connection.query<RowDataPacket[][]>(opening);
    await this.turn.require(connection, answers, batch.hasData);
    await at('apply:sent');
    await sendAll(connection, rest, this.limits);
    await at('apply:before-commit');
    await connection.query('COMMIT');
    await at('apply:committed');
  }

  /** Finds the statement that was refused by running them one by one; everything is rolled back. */
  async explain(batch: PreparedBatch, error: unknown): Promise<unknown> {
    if (classify(error) !== 'refused' || !('sqlState' in (error as object))) return error;
    const { session, tables } = this.options;
    let table = '';
    try {
      const connection = await session.open();
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
