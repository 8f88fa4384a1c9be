import { describeDatabase, messageOf, openConnection, type Connection } from '../../shared/index.ts';
import { cdcErrors } from '../errors.ts';

/** Opens a connection, or says which server could not be reached; the URL itself holds a password and is never shown. */
export async function connectTo(url: string, options: { multipleStatements?: boolean } = {}): Promise<Connection> {
  try {
    const connection = await openConnection(url, options);
    // A connection lost between two statements is reported by the next statement; unheard, the event ends the process.
    connection.on('error', () => undefined);
    return connection;
  } catch (error) {
    const { code, errno } = error as { code?: string; errno?: number };
    const reason = messageOf(error) || code || 'no answer';
    throw Object.assign(
      cdcErrors.error('CDC_DATABASE_UNREACHABLE', { message: `no connection to ${describeDatabase(url)}: ${reason}` }),
      { errno },
    );
  }
}

/** Opens a connection for one piece of work. */
export async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connectTo(url);
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}
