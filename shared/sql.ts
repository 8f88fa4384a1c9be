import {
  createConnection,
  createPool,
  format,
  type Connection,
  type ConnectionOptions,
  type Pool,
} from 'mysql2/promise';

export type { Connection, Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

/**
 * Options under which no value is rounded, shifted or re-parsed: 64-bit integers, decimals and all temporal types
 * arrive as text, sessions speak UTC and utf8mb4.
 */
export function losslessOptions(url: string): ConnectionOptions {
  return {
    uri: url,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    timezone: 'Z',
    charset: 'utf8mb4_unicode_ci',
    jsonStrings: true,
    queryFormat: fillIn,
  };
}

/** By default a statement without values is searched for placeholders too, however many megabytes it has. */
function fillIn(sql: string, values: Parameters<typeof format>[1]): string {
  return Array.isArray(values) && values.length === 0 ? sql : format(sql, values, false, 'Z');
}

export function openPool(url: string, options: { size?: number; multipleStatements?: boolean } = {}): Pool {
  const { size = 4, multipleStatements = false } = options;
  return createPool({ ...losslessOptions(url), connectionLimit: size, multipleStatements });
}

export function openConnection(url: string, options: { multipleStatements?: boolean } = {}): Promise<Connection> {
  return createConnection({ ...losslessOptions(url), ...options });
}

/** `host:port/schema` of a database URL: what may be shown in a message. */
export function describeDatabase(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 3306}${pathname}`;
}

/** Quotes an identifier that came from the catalogue or a validated plan. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
