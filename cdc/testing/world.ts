import { setImmediate as yieldNow } from 'node:timers/promises';
import { openConnection, silentLog, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { createBinlogChangeSource } from '../source/binlog-change-source.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import { parsePosition, type Position } from '../position.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import { createStream, type Stream } from '../stream/stream.ts';
import { verify, type VerifyOptions } from '../verify/verify.ts';
import type { Verification } from '../verify/verification.ts';
import { shopMapping, sourceDdl, sourceTables, targetDdl, targetTables } from './shop.ts';

/** Two servers with the shop's tables, and connections to both. */
export interface World {
  readonly source: MariaDb;
  readonly target: MariaDb;
  readonly onSource: Connection;
  readonly onTarget: Connection;
  /** Opens a connection anew, after its server was killed. */
  reconnect(side: 'source' | 'target'): Promise<void>;
  forward(options?: Partial<StreamOptions>): Stream;
  backward(options?: Partial<StreamOptions>): Stream;
  verifyOptions(stream: Stream, direction?: 'forward' | 'reverse'): VerifyOptions;
  verify(stream: Stream, direction?: 'forward' | 'reverse'): Promise<Verification>;
  /** Writes to the first orders of the source, one statement after another. */
  keepWriting(signal: AbortSignal, orders: number): Promise<void>;
  caughtUp(stream: Stream): Promise<boolean>;
  /** Empties every table of both sides and forgets the streams. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const FORWARD_DOMAIN = 7701;
export const REVERSE_DOMAIN = 7702;

export async function startWorld(): Promise<World> {
  const [source, target] = await Promise.all([startMariaDb(), startMariaDb()]);
  const open = async (server: MariaDb): Promise<Connection> => {
    const connection = await openConnection(server.url(), { multipleStatements: true });
    connection.on('error', () => undefined);
    return connection;
  };
  let [onSource, onTarget] = await Promise.all([open(source), open(target)]);
  await onSource.query(sourceDdl);
  await onTarget.query(targetDdl);
  for (const connection of [onSource, onTarget]) await installBookkeeping(connection);
  const streams: Stream[] = [];
  const remember = (stream: Stream): Stream => {
    streams.push(stream);
    return stream;
  };
  const forwardParts = forwardOptions(source.url(), target.url());
  const reverseParts = reverseOptions(source.url(), target.url());
  const verifyOptions = (stream: Stream, direction: 'forward' | 'reverse' = 'forward'): VerifyOptions =>
    direction === 'forward'
      ? { ...sidesOf(forwardParts), stream, inverse: shopMapping.inverse }
      : { ...sidesOf(reverseParts), stream, inverse: shopMapping.forward };
  return {
    source,
    target,
    get onSource() {
      return onSource;
    },
    get onTarget() {
      return onTarget;
    },
    async reconnect(side) {
      if (side === 'source') onSource = await open(source);
      else onTarget = await open(target);
    },
    forward: (options = {}) => remember(createStream({ ...forwardParts, ...options })),
    backward: (options = {}) => remember(createStream({ ...reverseParts, ...options })),
    verifyOptions,
    verify: (stream, direction) => verify(verifyOptions(stream, direction)),
    keepWriting: (signal, orders) => keepWriting(onSource, signal, orders),
    caughtUp: (stream) => caughtUp(stream, onSource),
    async reset() {
      await Promise.all(streams.splice(0).map((stream) => stream.stop()));
      const bookkeeping = (await onSource.query<RowDataPacket[]>('SHOW TABLES FROM banyan'))[0]
        .map((row) => `TRUNCATE banyan.${String(Object.values(row)[0])}`)
        .join(';');
      await onSource.query(`USE shop; TRUNCATE orders; TRUNCATE \`lines\`; TRUNCATE unrelated; ${bookkeeping}`);
      await onTarget.query(`USE store; TRUNCATE purchase; TRUNCATE price; TRUNCATE item; ${bookkeeping}`);
    },
    async close() {
      await Promise.all(streams.map((stream) => stream.stop()));
      for (const connection of [onSource, onTarget]) connection.destroy();
      await Promise.all([source.stop(), target.stop()]);
    },
  };
}

async function keepWriting(source: Connection, signal: AbortSignal, orders: number): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const id = 1 + ((i * 7) % orders);
    await source.query(
      i % 3 === 0
        ? `REPLACE INTO shop.orders (id, code, amount) VALUES (${id}, 'c${i}', ${i}.25)`
        : i % 3 === 1
          ? `UPDATE shop.orders SET note = 'n${i}' WHERE id BETWEEN ${id} AND ${id + 20}`
          : `DELETE FROM shop.orders WHERE id = ${id}`,
    );
    await yieldNow();
  }
}

function sidesOf({ sourceUrl, sourceSchema, targetUrl, targetSchema, targetTables, maps }: StreamOptions) {
  return { sourceUrl, sourceSchema, targetUrl, targetSchema, targetTables, maps };
}

export function forwardOptions(sourceUrl: string, targetUrl: string): StreamOptions {
  return {
    name: 'shop-forward',
    unit: 'shop',
    sourceUrl,
    sourceSchema: 'shop',
    source: createBinlogChangeSource({
      databaseUrl: sourceUrl,
      schema: 'shop',
      tables: [...sourceTables],
      log: silentLog,
    }),
    targetUrl,
    targetSchema: 'store',
    targetTables: [...targetTables],
    targetSide: 'service',
    maps: shopMapping.forward,
    mappingVersion: shopMapping.version,
    ownDomain: FORWARD_DOMAIN,
    skipDomain: REVERSE_DOMAIN,
    snapshot: true,
    log: silentLog,
  };
}

export function reverseOptions(sourceUrl: string, targetUrl: string): StreamOptions {
  return {
    name: 'shop-reverse',
    unit: 'shop',
    sourceUrl: targetUrl,
    sourceSchema: 'store',
    source: createBinlogChangeSource({
      databaseUrl: targetUrl,
      schema: 'store',
      tables: [...targetTables],
      log: silentLog,
    }),
    targetUrl: sourceUrl,
    targetSchema: 'shop',
    targetTables: [...sourceTables],
    targetSide: 'legacy',
    maps: shopMapping.inverse,
    mappingVersion: shopMapping.version,
    ownDomain: REVERSE_DOMAIN,
    skipDomain: FORWARD_DOMAIN,
    snapshot: false,
    log: silentLog,
  };
}

/** Where a server's log stands now. */
export async function headOf(connection: Connection): Promise<Position> {
  const [rows] = await connection.query('SELECT @@GLOBAL.gtid_binlog_pos AS position');
  return parsePosition(String((rows as { position: string }[])[0]?.position));
}

/** Waits until a stream has applied everything its source holds now. */
export async function caughtUp(stream: Stream, source: Connection): Promise<boolean> {
  return stream.waitFor(await headOf(source), { budgetMs: 20_000 });
}
