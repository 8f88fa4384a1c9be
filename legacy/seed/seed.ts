import { createConnection, type Connection } from 'mysql2/promise';
import { withoutTrigger } from '../apply-schema.ts';
import { machineTables } from './machines.ts';
import { peopleTables } from './people.ts';
import { type Cell, datetime, defaultSize, END_MS, type SeedSize, type SeedTable } from './size.ts';
import { locationsTable, tripsTable } from './trips.ts';

const BATCH = 1000;
const CONNECTIONS = 3;

export interface SeedOptions extends Partial<SeedSize> {
  /** The schema's URL; applySchema has run there. */
  readonly url: string;
  readonly onProgress?: (progress: { table: string; rows: number }) => void;
}

/** Fills an empty schema. The same sizes and seed give the same rows, whenever and wherever. */
export async function seed(o: SeedOptions): Promise<{ rows: Record<string, number>; ms: number }> {
  const started = performance.now();
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(o.url)));
  try {
    const [main] = connections as [Connection];
    const restoreTrigger = await withoutTrigger(main);
    const rows = await loadAll(connections, seedTables({ ...defaultSize, ...definedSizes(o) }), o.onProgress);
    await main.query('CALL bill_trips(?)', [datetime(END_MS - 30 * 86_400_000)]);
    await restoreTrigger();
    return { rows, ms: Math.round(performance.now() - started) };
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

/** Every table, the long ones first so that the connections end together. Charges are made by billing itself. */
export function seedTables(size: SeedSize): SeedTable[] {
  return [tripsTable(size), locationsTable(size), ...peopleTables(size), ...machineTables(size)];
}

/** One multi-row INSERT. */
export function insertSql(table: SeedTable, rows: readonly (readonly Cell[])[]): string {
  const values = rows.map((row) => `(${row.map(literal).join(',')})`).join(',\n');
  return `INSERT INTO ${table.name} (${table.columns.join(', ')}) VALUES\n${values}`;
}

function definedSizes(o: SeedOptions): Partial<SeedSize> {
  const { users, vehicles, trips, seed } = o;
  const given = Object.entries({ users, vehicles, trips, seed }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

async function loadAll(
  connections: readonly Connection[],
  tables: SeedTable[],
  onProgress: SeedOptions['onProgress'],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const waiting = [...tables];
  const work = async (connection: Connection): Promise<void> => {
    for (let table = waiting.shift(); table; table = waiting.shift())
      counts[table.name] = await loadTable(connection, table, onProgress);
  };
  await Promise.all(connections.map(work));
  return counts;
}

async function loadTable(
  connection: Connection,
  table: SeedTable,
  onProgress: SeedOptions['onProgress'],
): Promise<number> {
  let count = 0;
  let batch: (readonly Cell[])[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await connection.query(insertSql(table, batch));
    count += batch.length;
    batch = [];
    onProgress?.({ table: table.name, rows: count });
  };
  for (const row of table.rows()) if (batch.push(row) === BATCH) await flush();
  await flush();
  return count;
}

async function connect(url: string): Promise<Connection> {
  const connection = await createConnection({ uri: url, charset: 'utf8mb4_general_ci', timezone: 'Z' });
  await connection.query("SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'");
  return connection;
}

function literal(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'number') return String(cell);
  return `'${/['\\]/.test(cell) ? cell.replaceAll(/['\\]/g, String.raw`\$&`) : cell}'`;
}
