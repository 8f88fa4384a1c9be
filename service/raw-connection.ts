/** What is used of a connection of mysql2, under TypeORM. */
export interface RawConnection {
  promise(): { query(query: RawQuery | string, values?: unknown): Promise<[unknown, unknown]> };
  query(query: RawQuery | string, values?: unknown): unknown;
  release(): void;
  destroy(): void;
}

export interface RawQuery {
  readonly sql: string;
  readonly typeCast?: (field: RawField) => unknown;
}

interface RawField {
  readonly type: string;
  string(encoding?: string): string | null;
  buffer(): Buffer | null;
}

export type RawRow = Readonly<Record<string, string | Buffer | null>>;

/** Rows as the database prints them, whatever the application has told its driver. */
export async function readText(connection: RawConnection, sql: string, values: unknown = []): Promise<RawRow[]> {
  const [rows] = await connection.promise().query({ sql, typeCast: printed }, values);
  return rows as RawRow[];
}

const BYTES = new Set(['BIT', 'GEOMETRY']);
const MAYBE_BYTES = new Set(['BLOB', 'TINY_BLOB', 'MEDIUM_BLOB', 'LONG_BLOB', 'STRING', 'VAR_STRING', 'VARCHAR']);

/** Text where it is UTF-8, bytes otherwise. */
function printed(field: RawField): string | Buffer | null {
  const bytes = field.buffer();
  if (bytes === null || BYTES.has(field.type)) return bytes;
  const text = bytes.toString('utf8');
  return MAYBE_BYTES.has(field.type) && !Buffer.from(text, 'utf8').equals(bytes) ? bytes : text;
}
