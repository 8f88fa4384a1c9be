import {
  isBanyanError,
  messageOf,
  systemClock,
  type Connection,
  type Log,
  type RowDataPacket,
} from '../../shared/index.ts';
import { connectTo } from '../tables/connect.ts';

const RETRY_AT_ONCE = new Set([1205, 1213, 1020]);
const RETRY_LATER = new Set([
  1021, 1030, 1040, 1053, 1077, 1114, 1158, 1159, 1160, 1161, 1180, 1203, 1226, 1290, 1317, 1836, 1927, 1969,
]);
const DENIED = 1227;
/** A process that was stopped, not killed, holds its locks; after this time the server ends its transaction. */
const IDLE_S = 10;
const BACK_OFF_MS = [10, 50, 100, 250, 500, 1000, 2000];

/** What an error of the target means for the transaction it ended. */
export type Failure = 'retry' | 'reconnect' | 'refused';

export function classify(error: unknown): Failure {
  if (isBanyanError(error)) return error.retriable ? 'reconnect' : 'refused';
  const { errno, fatal, code = '' } = error as { errno?: number; fatal?: boolean; code?: string };
  if (errno !== undefined && RETRY_AT_ONCE.has(errno)) return 'retry';
  if (errno !== undefined && RETRY_LATER.has(errno)) return 'reconnect';
  return fatal || /^(E[A-Z]+$|PROTOCOL_)/.test(code) ? 'reconnect' : 'refused';
}

/** One connection to the target with the settings an applier needs; opened anew after a loss. */
export class TargetSession {
  /** What one round trip may hold; the server's `max_allowed_packet` less a reserve. */
  packetBytes = 1024 * 1024;
  /** Transactions that were tried again. */
  retries = 0;
  private readonly url: string;
  private readonly domain: number;
  private readonly log: Log;
  private readonly setup: readonly string[];
  private connection: Connection | undefined;

  /** `setup`: statements that every new connection runs before its first transaction. */
  constructor(options: { url: string; domain: number; log: Log; setup?: readonly string[] }) {
    this.setup = options.setup ?? [];
    this.url = options.url;
    this.domain = options.domain;
    this.log = options.log;
  }

  async open(): Promise<Connection> {
    if (this.connection) return this.connection;
    const connection = await connectTo(this.url, { multipleStatements: true });
    await connection.query(
      `SET SESSION sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks=0, time_zone='+00:00',
         tx_isolation='READ-COMMITTED', innodb_lock_wait_timeout=5, gtid_domain_id=${this.domain},
         idle_write_transaction_timeout=${IDLE_S}`,
    );
    await withoutAnnotations(connection);
    for (const sql of this.setup) await connection.query(sql);
    const [rows] = await connection.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
    this.packetBytes = Number(rows[0]?.['bytes']) * 0.95;
    this.connection = connection;
    return connection;
  }

  close(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }

  /** Nothing is open afterwards, by ROLLBACK or by giving the connection up. */
  async rollback(): Promise<void> {
    await this.connection?.query('ROLLBACK').catch(() => this.close());
  }

  /**
   * Runs `attempt` until it succeeds, is refused or the signal aborts. After a lost connection `attempt` must find out
   * itself whether its last COMMIT made it.
   */
  async retry<T>(attempt: (connection: Connection, tries: number) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt(await this.open(), tries);
      } catch (error) {
        const failure = classify(error);
        if (failure === 'refused' || signal.aborted) throw error;
        await this.recover(failure, error, tries, signal);
      }
    }
  }

  private async recover(failure: Failure, error: unknown, tries: number, signal: AbortSignal): Promise<void> {
    const { code } = error as { code?: string };
    const waitMs = (BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)] ?? 2000) * (0.5 + Math.random());
    // The driver's message may quote a row; its code never does.
    this.log.warn(
      { code: code ?? messageOf(error), waitMs: Math.round(waitMs) },
      'apply transaction failed, trying again',
    );
    this.retries += 1;
    if (failure === 'reconnect') this.close();
    else await this.rollback();
    await systemClock.sleep(waitMs, signal);
  }
}

/** Annotations copy the text of every statement into the target's log. Only an account with BINLOG ADMIN may leave them. */
async function withoutAnnotations(connection: Connection): Promise<void> {
  try {
    await connection.query('SET SESSION binlog_annotate_row_events=OFF');
  } catch (error) {
    if ((error as { errno?: number }).errno !== DENIED) throw error;
  }
}
