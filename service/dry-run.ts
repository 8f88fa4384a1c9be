import { randomUUID } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import type { EffectReport, OutgoingCall, RewindRow, WriteShadow } from '../edge/shadow-writes/contract.ts';
import { messageOf } from '../shared/index.ts';
import type { CallRecorder, StandInAnswer } from './call-recorder.ts';
import { ContainedConnection } from './contained-connection.ts';
import { serviceErrors } from './errors.ts';
import type { RawConnection } from './raw-connection.ts';
import { rewind } from './rewind.ts';
import type { TableCatalogue } from './table-facts.ts';

export interface DryRunParts {
  readonly mode: WriteShadow;
  readonly tables: TableCatalogue;
  /** For a lock, in seconds. What applies the copy waits for a dry run's locks as well. */
  readonly lockWaitS: number;
  readonly answerCall: (call: OutgoingCall) => StandInAnswer;
}

/**
 * One handler's transaction that never commits. It is one of XA: there the database itself refuses COMMIT and everything
 * that commits by the way, such as a change of tables, until the transaction is ended and rolled back.
 */
export class DryRun implements CallRecorder {
  readonly runner: QueryRunner;
  /** Resolves when a handler that is only to validate is about to change something: nothing beyond that matters. */
  readonly isValidated: Promise<void>;
  readonly #parts: DryRunParts;
  readonly #connection: RawConnection;
  readonly #contained: ContainedConnection;
  readonly #calls: OutgoingCall[] = [];
  readonly #refused: string[] = [];
  readonly #xid: string;
  #reached: () => void = () => undefined;

  private constructor(connection: RawConnection, xid: string, runner: QueryRunner, parts: DryRunParts) {
    this.#connection = connection;
    this.#xid = xid;
    this.#parts = parts;
    this.isValidated = new Promise((resolve) => (this.#reached = resolve));
    this.#contained = new ContainedConnection(connection, { tables: parts.tables, onChange: () => this.#onChange() });
    this.runner = containedRunner(runner, this.#contained);
  }

  /** `runner`: fresh, without a connection of its own. */
  static async begin(
    connection: RawConnection,
    runner: QueryRunner,
    rows: readonly RewindRow[],
    parts: DryRunParts,
  ): Promise<DryRun> {
    const xid = randomUUID();
    try {
      await connection.promise().query(`SET innodb_lock_wait_timeout = ${parts.lockWaitS}`);
      await connection.promise().query(`XA START '${xid}'`);
      await rewind(connection, rows);
      return new DryRun(connection, xid, runner, parts);
    } catch (error) {
      connection.destroy(); // Which rolls back.
      throw unavailable(error);
    }
  }

  record(call: OutgoingCall): StandInAnswer {
    this.#calls.push(call);
    if (this.#parts.mode === 'validate') this.#reached();
    return this.#parts.answerCall(call);
  }

  refuse(place: string): void {
    this.#refused.push(place);
  }

  /**
   * Undoes everything. Resolves only when the database has said so; a transaction that is not there any more has perhaps
   * not been undone, and is told as an error.
   */
  async rollBack(): Promise<EffectReport> {
    this.#contained.end();
    try {
      await this.#connection.promise().query(`XA END '${this.#xid}'`); // Refused when it is not there any more.
      await this.#connection.promise().query(`XA ROLLBACK '${this.#xid}'`);
      this.#connection.release();
    } catch (error) {
      this.#connection.destroy();
      throw unavailable(error);
    }
    const { rows, unseen } = this.#contained;
    return { rows: rows.effects(), calls: this.#calls, unseen: [...unseen], refused: this.#refused };
  }

  /** Without waiting for what is under way: the database rolls back whoever leaves. */
  abandon(): void {
    this.#contained.end();
    this.#connection.destroy();
  }

  #onChange(): void {
    if (this.#parts.mode === 'dry-run') return;
    this.#reached();
    throw serviceErrors.error('SERVICE_DRY_RUN_REFUSED', {
      message: 'a request that is only validated changes nothing',
    });
  }
}

interface RunnerState {
  databaseConnection: unknown;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/** To TypeORM it is inside a transaction already: those of the handler become savepoints, and nobody gives it back. */
function containedRunner(runner: QueryRunner, connection: ContainedConnection): QueryRunner {
  const state: RunnerState = { databaseConnection: connection, isTransactionActive: true, transactionDepth: 1 };
  return Object.assign(runner, state, { release: () => Promise.resolve() });
}

function unavailable(cause: unknown): Error {
  const message = `no dry run: ${messageOf(cause)}`;
  return serviceErrors.error('SERVICE_DRY_RUN_UNAVAILABLE', { message, cause });
}
