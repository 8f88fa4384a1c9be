import { BOOKKEEPING_SCHEMA, COPY_TABLE, REHEARSAL_TABLE } from './bookkeeping.ts';
import { readCatalogue, type TableInfo } from '../tables/catalogue.ts';
import { withConnection } from '../tables/connect.ts';
import { cdcErrors } from '../errors.ts';

/** What is known of both sides' tables when a stream starts. */
export interface UnitTables {
  readonly source: readonly TableInfo[];
  readonly target: ReadonlyMap<string, TableInfo>;
  /** The target's tables together with our own that a stream writes. */
  readonly written: ReadonlyMap<string, TableInfo>;
}

export async function readUnitTables(options: {
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly sourceTables: readonly string[];
  readonly targetUrl: string;
  readonly targetSchema: string;
  readonly targetTables: readonly string[];
}): Promise<UnitTables> {
  const { sourceUrl, sourceSchema, sourceTables, targetUrl, targetSchema, targetTables } = options;
  const source = await withConnection(sourceUrl, (c) => readCatalogue(c, sourceSchema, sourceTables));
  const target = await withConnection(targetUrl, (c) => readCatalogue(c, targetSchema, targetTables));
  const own = await withConnection(targetUrl, (c) =>
    readCatalogue(c, BOOKKEEPING_SCHEMA, ['rehearsal', 'copy_progress']),
  );
  requireTables(sourceSchema, sourceTables, source);
  requireTables(targetSchema, targetTables, target);
  const written = new Map(target);
  for (const name of [REHEARSAL_TABLE, COPY_TABLE]) {
    const table = own.get(name.slice(BOOKKEEPING_SCHEMA.length + 1));
    if (table) written.set(name, table);
  }
  return { source: [...source.values()], target, written };
}

function requireTables(schema: string, wanted: readonly string[], found: ReadonlyMap<string, TableInfo>): void {
  const missing = wanted.filter((name) => (found.get(name)?.key.length ?? 0) === 0);
  if (missing.length === 0) return;
  throw cdcErrors.error('CDC_TABLE_UNUSABLE', {
    message: `missing or without a primary key: ${missing.map((name) => `${schema}.${name}`).join(', ')}`,
  });
}

/** Rows nobody of us has written are not ours to clear. */
export async function requireEmpty(url: string, tables: Iterable<TableInfo>): Promise<void> {
  await withConnection(url, async (connection) => {
    for (const { schema, name } of tables) {
      const [rows] = await connection.query('SELECT 1 FROM ??.?? LIMIT 1', [schema, name]);
      if ((rows as unknown[]).length === 0) continue;
      throw cdcErrors.error('CDC_TARGET_NOT_EMPTY', { message: `${schema}.${name} holds rows before the snapshot` });
    }
  });
}
