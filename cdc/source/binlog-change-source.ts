import {
  describeDatabase,
  messageOf,
  systemClock,
  isBanyanError,
  type Connection,
  type Log,
  type RowDataPacket,
} from '../../shared/index.ts';
import { Backlog } from './backlog.ts';
import { openBinlog, type BinlogConnection } from './binlog-connection.ts';
import { REHEARSAL_TABLE } from '../apply/bookkeeping.ts';
import type { SourceTransaction } from '../change-event.ts';
import type { ChangeSource } from '../change-source.ts';
import { withConnection } from '../tables/connect.ts';
import type { Collations } from './decode.ts';
import { cdcErrors } from '../errors.ts';
import { createHeadReader } from './head-reader.ts';
import { advance, formatPosition, type Position } from '../position.ts';
import { Resend } from './resend.ts';
import { TransactionReader } from './transaction-reader.ts';

export interface BinlogChangeSourceOptions {
  readonly databaseUrl: string;
  readonly schema: string;
  readonly tables: readonly string[];
  /** Must differ from every replica's. Random when absent. */
  readonly serverId?: number;
  readonly log: Log;
  /** How much may wait in memory before the connection is paused. */
  readonly backlogBytes?: number;
  /** How much of one transaction is held at once; a larger one comes in pieces. */
  readonly pieceBytes?: number;
}

const BACK_OFF_MS = [20, 50, 100, 250, 500, 1000, 2000];
const POSITION_LOST = 1236;
const DENIED = new Set([1044, 1045, 1142, 1227, 1130, 1698]);

/** Reads MariaDB's own log as a replica would. */
export function createBinlogChangeSource(options: BinlogChangeSourceOptions): ChangeSource {
  const head = createHeadReader(options.databaseUrl);
  return {
    read: ({ position }, signal) => readLog(options, position, signal),
    head: () => head.read(),
    close: () => head.close(),
  };
}

async function* readLog(
  options: BinlogChangeSourceOptions,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceTransaction[]> {
  let position = from;
  let failures = 0;
  const resend = new Resend();
  while (!signal.aborted) {
    try {
      resend.begin();
      for await (const received of readOnce(options, position, signal)) {
        failures = 0;
        const fresh = received.map((transaction) => resend.filter(transaction)).filter((one) => one !== undefined);
        for (const { gtid, continues } of received) if (!continues) position = advance(position, gtid);
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      if (signal.aborted) return;
      const fatal = fatalError(options, position, error);
      if (fatal) throw fatal;
      const waitMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 2000;
      failures += 1;
      options.log.warn({ reason: messageOf(error), waitMs }, 'log connection lost, trying again');
      await systemClock.sleep(waitMs, signal);
    }
  }
}

/** One connection's worth of transactions. */
async function* readOnce(
  options: BinlogChangeSourceOptions,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceTransaction[]> {
  const collations = await withConnection(options.databaseUrl, readCollations);
  let connection: BinlogConnection | undefined;
  const backlog = new Backlog({
    limitBytes: options.backlogBytes ?? 128 * 1024,
    onFull: () => connection?.pause(),
    onRoom: () => connection?.resume(),
  });
  const { schema, tables, pieceBytes } = options;
  const extraTables = [REHEARSAL_TABLE];
  const shape = { schema, tables, extraTables, collations, ...(pieceBytes !== undefined && { pieceBytes }) };
  let reader: TransactionReader | undefined;
  connection = openBinlog({
    databaseUrl: options.databaseUrl,
    serverId: options.serverId ?? 1_000_000_000 + Math.floor(Math.random() * 3_000_000_000),
    from: formatPosition(from),
    onOpen: ({ hasChecksum }) =>
      (reader = new TransactionReader({ ...shape, hasChecksum, deliver: (tx) => backlog.push(tx) })),
    onEvent: (bytes, start, end) => reader?.read(bytes, start, end),
    onClosed: (error) => backlog.fail(error),
  });
  const end = (): void => backlog.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const ready = backlog.takeAll();
      if (ready.length > 0) yield ready;
      else await backlog.ready();
    }
  } finally {
    signal.removeEventListener('abort', end);
    connection.close();
  }
}

/** The error that ends the reading, or undefined when trying again can help. */
function fatalError(options: BinlogChangeSourceOptions, position: Position, error: unknown): Error | undefined {
  const { errno } = error as { errno?: number };
  if (isBanyanError(error)) return error.retriable && !DENIED.has(errno ?? 0) ? undefined : error;
  const where = describeDatabase(options.databaseUrl);
  if (errno === POSITION_LOST && !/same server/i.test(messageOf(error)))
    return cdcErrors.error('CDC_POSITION_LOST', {
      message: `the log of ${where} does not continue at ${formatPosition(position) || 'its beginning'}: ${messageOf(error)}`,
      cause: error,
    });
  if (errno !== undefined && DENIED.has(errno))
    return cdcErrors.error('CDC_DATABASE_UNREACHABLE', {
      message: `${where} refused to give its log: ${messageOf(error)}`,
      fix: 'grant REPLICATION SLAVE, REPLICATION CLIENT and SELECT on the unit to the user of this URL',
      cause: error,
    });
  return undefined;
}

async function readCollations(connection: Connection): Promise<Collations> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY',
  );
  return new Map(rows.map((row) => [Number(row['id']), String(row['charset'])]));
}
