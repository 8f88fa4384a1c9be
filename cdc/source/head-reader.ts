import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { connectTo } from '../tables/connect.ts';
import { parsePosition, type Position } from '../position.ts';

export interface HeadReader {
  read(): Promise<Position>;
  close(): Promise<void>;
}

/**
 * Asks a server for the newest position of its log over one connection that stays open. Callers that arrive while a
 * question is under way share the next one: an answer to a question asked before the call would be too old.
 */
export function createHeadReader(url: string): HeadReader {
  let connection: Promise<Connection> | undefined;
  let running: Promise<Position> | undefined;
  let next: Promise<Position> | undefined;

  const ask = async (): Promise<Position> => {
    try {
      connection ??= connectTo(url);
      return await readHead(await connection);
    } catch (error) {
      connection = undefined;
      throw error;
    }
  };
  const run = (): Promise<Position> => {
    running = ask().finally(() => (running = undefined));
    return running;
  };
  const afterRunning = async (current: Promise<Position>): Promise<Position> => {
    await current.catch(() => undefined);
    next = undefined;
    return run();
  };

  return {
    read: () => (running ? (next ??= afterRunning(running)) : run()),
    async close() {
      const open = connection;
      connection = undefined;
      await open?.then(
        (c) => c.destroy(),
        () => undefined,
      );
    },
  };
}

/** The newest position in the log of the server behind this connection. */
export async function readHead(connection: Connection): Promise<Position> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT @@GLOBAL.gtid_binlog_pos AS position');
  return parsePosition(String(rows[0]?.['position'] ?? ''));
}
