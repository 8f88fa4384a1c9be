import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { Applier } from './apply.ts';
import { CarefulWriter } from './careful-writer.ts';
import { placed } from './careful.ts';
import type { Batch, BatchRules } from '../map/batch.ts';
import type { WaitingPart } from '../map/coalesce.ts';
import type { ParkedKeys } from '../map/parked-keys.ts';
import { sendAll } from './packets.ts';
import { restoreParked } from './parked-store.ts';
import { describeRefusal, rowRefusal } from './refusal.ts';
import type { Statement } from './statements.ts';
import { classify } from './target-session.ts';

const LOCK_WAIT_TIMEOUT = 1205;

/**
 * A transaction that came in pieces was rolled back at the target, by a lost connection or a deadlock. Its earlier
 * pieces are no longer in memory: reading begins again from the watermark.
 */
export class PiecesLost extends Error {
  constructor(cause: unknown) {
    super('a transaction in pieces has to be read again', { cause });
  }
}

/**
 * Applies the pieces of one source transaction in one target transaction, which stays open between them. The position
 * moves with the last piece only; until then the position row is locked.
 */
export class PieceApplier {
  private readonly applier: Applier;
  private readonly rules: BatchRules;
  private connection: Connection | undefined;
  private waiting: readonly WaitingPart[] = [];

  constructor(applier: Applier, rules: BatchRules) {
    this.applier = applier;
    this.rules = rules;
  }

  /** True when the park has changed, so that what was collected meanwhile is out of date. Throws `PiecesLost`. */
  async apply(piece: Batch, signal: AbortSignal): Promise<boolean> {
    try {
      this.connection ??= await this.open();
      const hasParked = await this.write(this.connection, piece, signal);
      if (piece.part === 'last') await this.commit(this.connection, piece);
      else await this.applier.options.at('apply:piece');
      return hasParked;
    } catch (error) {
      this.connection = undefined;
      this.applier.options.session.close();
      throw classify(error) === 'refused' ? error : new PiecesLost(error);
    }
  }

  private async open(): Promise<Connection> {
    const { session, at } = this.applier.options;
    const connection = await session.open();
    await at('apply:begin');
    this.waiting = [];
    const [answers] = await connection.query<RowDataPacket[][]>(this.applier.turn.opening().join(';'));
    await this.applier.turn.require(connection, answers, true);
    await at('apply:sent');
    return connection;
  }

  private async write(connection: Connection, piece: Batch, signal: AbortSignal): Promise<boolean> {
    piece.coalesced.precede(this.waiting);
    const { statements } = this.applier.prepare(piece);
    for (;;) {
      await connection.query('SAVEPOINT banyan_piece');
      try {
        this.waiting = await sendAll(connection, statements, this.applier.limits);
        return false;
      } catch (error) {
        const isLocked = (error as { errno?: number }).errno === LOCK_WAIT_TIMEOUT && !signal.aborted;
        if (!isLocked && classify(error) !== 'refused') throw error;
        await connection.query('ROLLBACK TO SAVEPOINT banyan_piece');
        if (isLocked) continue;
        const { parking, onRefusal } = this.rules;
        if (!parking || onRefusal !== 'park' || !rowRefusal(error, undefined))
          throw await this.describe(connection, statements, error);
        await this.writeCarefully(connection, piece, parking);
        return true;
      }
    }
  }

  private async writeCarefully(connection: Connection, piece: Batch, parking: ParkedKeys): Promise<void> {
    const known = parking.empty();
    await restoreParked(connection, this.applier.options.name, this.rules.maps, known);
    const changes = piece.kept.flatMap(({ transaction, ordinal }) => placed(transaction, ordinal));
    const writer = new CarefulWriter(connection, this.applier, this.rules, known);
    const written = await writer.write(changes, this.waiting);
    this.waiting = written.waiting;
    parking.adopt(written.parking);
  }

  private async commit(connection: Connection, piece: Batch): Promise<void> {
    const { at } = this.applier.options;
    await connection.query(this.applier.turn.moveTo(piece));
    await at('apply:before-commit');
    await connection.query('COMMIT');
    this.connection = undefined;
    await at('apply:committed');
  }

  /** Finds the statement that was refused, to name its table. */
  private async describe(connection: Connection, statements: readonly Statement[], error: unknown): Promise<unknown> {
    if (!('sqlState' in (error as object))) return error;
    for (const { table, sql } of statements) {
      try {
        await connection.query(sql);
      } catch {
        return describeRefusal(error, this.applier.options.tables.get(table));
      }
    }
    return describeRefusal(error, undefined);
  }
}
