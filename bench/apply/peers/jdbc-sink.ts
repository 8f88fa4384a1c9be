import { openConnection, waitUntil, type Connection } from '../../../shared/index.ts';
import type { Connect, MariaDb } from '../../../stack/index.ts';
import { SCHEMA, type Mark } from '../backlog.ts';

export interface SinkSettings {
  readonly buffered: boolean;
  readonly batchSize: number;
}

export interface SinkRun extends SinkSettings {
  readonly topics: readonly string[];
  /** The clock runs from here; from its first row when absent. */
  readonly timedFrom: Mark | undefined;
  readonly until: Mark;
}

let runs = 0;

/**
 * Debezium's JDBC sink as its documentation tunes it for speed: upserts by record key, statements of a batch sent in
 * bulk, and as many records per poll as a batch holds. The start of the task costs it nothing.
 */
export async function runSink(
  connect: Connect,
  target: MariaDb,
  { topics, timedFrom, until, ...settings }: SinkRun,
): Promise<number> {
  // Of its own each time: a worker keeps how far a sink of a name has read.
  const name = `sink-${runs++}`;
  const connection = await openConnection(target.url());
  const tables = topics.map((topic) => topic.slice(topic.lastIndexOf('.') + 1));
  try {
    await connect.createConnector(name, sinkConfig(target, topics, settings));
    const waitFor = (what: string, ready: () => Promise<boolean>) => reached(connect, name, what, ready);
    const reach = async (mark: Mark): Promise<void> => {
      for (const table of tables) {
        const key = table === 'order_lines' ? 'order_id' : 'id';
        const isThere = async (): Promise<boolean> => (await countOf(connection, table, `${key}=${mark.id}`)) > 0;
        await waitFor(`row ${mark.id} of ${table}`, isThere);
      }
    };
    if (timedFrom) await reach(timedFrom);
    else await waitFor('its first row', async () => (await countOf(connection, tables[0] as string, '1=1')) > 0);
    const startedAt = performance.now();
    await reach(until);
    return performance.now() - startedAt;
  } finally {
    await connect.deleteConnector(name);
    connection.destroy();
  }
}

function sinkConfig(target: MariaDb, topics: readonly string[], { buffered, batchSize }: SinkSettings) {
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topics.join(','),
    'connection.url': `jdbc:mariadb://127.0.0.1:${target.port}/${SCHEMA}?useBulkStmts=true&rewriteBatchedStatements=true`,
    'connection.username': 'root',
    'connection.password': '',
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_key',
    'delete.enabled': 'true',
    'schema.evolution': 'none',
    'collection.name.format': '${source.table}',
    'batch.size': String(batchSize),
    'use.reduction.buffer': String(buffered),
    'consumer.override.max.poll.records': String(batchSize),
    'consumer.override.fetch.min.bytes': '1',
    'consumer.override.max.partition.fetch.bytes': String(16 * 1024 * 1024),
    'consumer.override.auto.offset.reset': 'earliest',
  };
}

const BUDGET_MS = 300_000;

/** A task that failed is told with its own words, at once. */
async function reached(connect: Connect, name: string, what: string, ready: () => Promise<boolean>): Promise<void> {
  let trace: string | undefined;
  const isOver = async (): Promise<boolean> => {
    trace = (await connect.status(name))?.tasks.find(({ state }) => state === 'FAILED')?.trace;
    return trace !== undefined || (await ready());
  };
  const isInTime = await waitUntil(isOver, { budgetMs: BUDGET_MS, everyMs: 20 });
  if (trace !== undefined || !isInTime) throw new Error(`the sink did not reach ${what}: ${trace ?? 'too late'}`);
}

async function countOf(connection: Connection, table: string, condition: string): Promise<number> {
  const [rows] = await connection.query(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${SCHEMA}.${table} WHERE ${condition} LIMIT 1) found`,
  );
  return Number((rows as { n: string }[])[0]?.n);
}
