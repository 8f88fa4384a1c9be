import type { Connection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import { readStreamRecord } from './bookkeeping.ts';
import { cdcErrors } from '../errors.ts';
import { quoteText } from './literal.ts';
import { formatPosition, type Position } from '../position.ts';

/** Whose turn it is: a stream under an epoch, writing to one side of a unit. */
export interface TurnOptions {
  readonly name: string;
  readonly unit: string;
  readonly epoch: number;
  readonly targetSide: 'legacy' | 'service';
  /** Either side may own some of the rows: the target's fence, which is by key then, judges each of them. */
  readonly isOwnedByKey?: boolean | undefined;
}

/** How far a target transaction takes its stream. */
export interface Reached {
  readonly position: Position;
  readonly cursor: string | undefined;
}

/**
 * The opening of every target transaction of a stream. The position row is written first: its lock holds off whoever
 * takes the stream over, and an older epoch matches no row. The ownership row stays locked until the commit.
 */
export class Turn {
  private readonly options: TurnOptions;

  constructor(options: TurnOptions) {
    this.options = options;
  }

  /** Statements in front of a transaction's own. Without `reached` the position stays where it is until `moveTo`. */
  opening(reached?: Reached): string[] {
    return ['START TRANSACTION', reached ? this.moveTo(reached) : this.update('changed_at=NOW(3)'), this.readOwner()];
  }

  moveTo({ position, cursor }: Reached): string {
    const hint = cursor === undefined ? 'NULL' : quoteText(cursor);
    return this.update(`position=${quoteText(formatPosition(position))}, \`cursor\`=${hint}, changed_at=NOW(3)`);
  }

  /** Judges the answers to `opening`; rolls back and throws when this transaction must not happen. */
  async require(connection: Connection, answers: readonly RowDataPacket[][], hasData: boolean): Promise<void> {
    const { name, unit, targetSide, isOwnedByKey = false } = this.options;
    const moved = (answers[1] as unknown as ResultSetHeader).affectedRows === 1;
    const owner = answers[2]?.[0]?.['owner'] as string | undefined;
    const isForeign = owner !== targetSide || (isOwnedByKey && owner === 'legacy');
    if (moved && !(hasData && !isForeign)) return;
    await connection.query('ROLLBACK');
    if (!moved) throw this.taken();
    throw cdcErrors.error('CDC_TARGET_OWNS_ROWS', {
      message: `stream ${name} carries changes of ${unit}, but ${targetSide}, its target, owns these rows`,
    });
  }

  /**
   * What the target knows, once a transaction whose end we did not hear has ended: a COMMIT may have arrived although
   * its answer did not, and may still be under way.
   */
  async reached(connection: Connection): Promise<Reached> {
    const record = await readStreamRecord(connection, this.options.name, { settled: true });
    if (record?.epoch !== this.options.epoch) throw this.taken();
    return { position: record.position, cursor: record.cursor };
  }

  async isAt(connection: Connection, position: Position): Promise<boolean> {
    return formatPosition((await this.reached(connection)).position) === formatPosition(position);
  }

  private update(set: string): string {
    const { name, epoch } = this.options;
    return `UPDATE banyan.stream_position SET ${set} WHERE name=${quoteText(name)} AND epoch=${epoch}`;
  }

  private readOwner(): string {
    return `SELECT owner FROM banyan.ownership WHERE unit=${quoteText(this.options.unit)} LOCK IN SHARE MODE`;
  }

  private taken(): Error {
    const { name, epoch } = this.options;
    return cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${epoch}` });
  }
}
