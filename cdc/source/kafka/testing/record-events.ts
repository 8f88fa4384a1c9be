import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs, { type KafkaMessage } from 'kafkajs';
import { openConnection, waitUntil, type Connection } from '../../../../shared/index.ts';
import {
  startConnect,
  startKafka,
  startMariaDb,
  type Connect,
  type Kafka,
  type MariaDb,
} from '../../../../stack/index.ts';
import { installBookkeeping } from '../../../apply/bookkeeping.ts';
import type { Row } from '../../../change-event.ts';
import { topicAdvice } from '../../../connector/change-topic.ts';
import { debeziumConnector, type DebeziumConnectorFacts } from '../../../connector/debezium-connector.ts';
import { readCatalogue, type TableInfo } from '../../../tables/catalogue.ts';
import { readPages } from '../../../tables/table-pages.ts';
import { eventCases, variants, type EventCase, type VariantName } from './event-cases.ts';
import { fixtureFolder, logFile, writeFixture, type RecordedMessage, type Recording } from './fixture.ts';
import { recordBinlog } from './record-binlog.ts';

/**
 * Records what real Debezium sends for each case of `event-cases.ts`, with and without schemas, and the rows a SELECT
 * shows afterwards. A row in the table `marker` stands between two cases. Run: `npm run record:events [case …]`.
 */
const SCHEMA = 'fixtures';
const LAST_WAIT_MS = 60_000;

interface Lane {
  readonly variant: VariantName;
  readonly withSchemas: boolean;
  readonly topic: string;
  readonly messages: KafkaMessage[];
}

async function main(wanted: readonly string[]): Promise<void> {
  const cases = eventCases.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const [source, kafka] = await Promise.all([startMariaDb(), startKafka()]);
  const connect = await startConnect({ bootstrap: kafka.bootstrap });
  const connection = await openConnection(source.url(), { multipleStatements: true });
  try {
    await prepare(connection, cases);
    const used = [...new Set(cases.flatMap((one): VariantName[] => ['usual', ...(one.also ?? [])]))];
    const facts = factsOf(source, kafka, await tablesOf(connection));
    const lanes = used.flatMap((variant) => [true, false].map((withSchemas) => laneOf(variant, withSchemas)));
    for (const lane of lanes) await startLane(kafka, connect, facts, lane);
    const stop = await listen(kafka, lanes);
    await record(connection, cases, lanes, { server: source.version, debezium: connect.version });
    await stop();
    await recordLog(connection, source);
  } finally {
    connection.destroy();
    await Promise.all([connect.stop(), kafka.stop(), source.stop()]);
  }
}

/** The same cases as the log itself has them. */
async function recordLog(connection: Connection, source: MariaDb): Promise<void> {
  await connection.query('CREATE TABLE the_last_one (id INT)');
  const log = await recordBinlog(source.url(), 'the_last_one');
  await writeFile(logFile, `${JSON.stringify(log, null, 1)}\n`);
}

async function prepare(connection: Connection, cases: readonly EventCase[]): Promise<void> {
  await connection.query("SET SESSION sql_mode='', time_zone='+00:00', timestamp=DEFAULT");
  await connection.query(`CREATE DATABASE ${SCHEMA} CHARACTER SET utf8mb4; CREATE DATABASE elsewhere; USE ${SCHEMA}`);
  await connection.query('CREATE TABLE elsewhere.t (id INT PRIMARY KEY); CREATE TABLE marker (n INT PRIMARY KEY)');
  await installBookkeeping(connection);
  await connection.query(`USE ${SCHEMA}`);
  for (const { setup } of cases) for (const sql of setup) await connection.query(sql);
}

async function tablesOf(connection: Connection): Promise<string[]> {
  const [rows] = await connection.query(
    `SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${SCHEMA}'`,
  );
  return (rows as { t: string }[]).map(({ t }) => t);
}

type SharedFacts = Omit<DebeziumConnectorFacts, 'unit' | 'withSchemas'>;

function factsOf(source: MariaDb, kafka: Kafka, tables: readonly string[]): SharedFacts {
  const { bootstrap } = kafka;
  const mode = 'ordered';
  return {
    direction: 'forward',
    kind: 'mariadb',
    databaseUrl: source.url(),
    schema: SCHEMA,
    tables,
    bootstrap,
    mode,
    exactlyOnce: false,
  };
}

function laneOf(variant: VariantName, withSchemas: boolean): Lane {
  return { variant, withSchemas, topic: `banyan.${variant}-${withSchemas ? 'full' : 'bare'}.forward`, messages: [] };
}

async function startLane(kafka: Kafka, connect: Connect, shared: SharedFacts, lane: Lane): Promise<void> {
  const facts = { ...shared, unit: lane.topic.split('.')[1] ?? '', withSchemas: lane.withSchemas };
  for (const { topic, partitions, config } of topicAdvice(facts))
    await kafka.createTopic(topic, { partitions, config });
  const { name, config } = debeziumConnector(facts);
  await connect.createConnector(name, { ...config, ...variants[lane.variant] });
}

/** Collects the messages of all lanes. */
async function listen(kafka: Kafka, lanes: readonly Lane[]): Promise<() => Promise<void>> {
  const client = new kafkajs.Kafka({
    clientId: 'record',
    brokers: [kafka.bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const consumer = client.consumer({ groupId: 'record', maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: lanes.map(({ topic }) => topic), fromBeginning: true });
  const byTopic = new Map(lanes.map((lane) => [lane.topic, lane]));
  await consumer.run({ eachMessage: async ({ topic, message }) => void byTopic.get(topic)?.messages.push(message) });
  return () => consumer.disconnect();
}

async function record(
  connection: Connection,
  cases: readonly EventCase[],
  lanes: readonly Lane[],
  versions: { server: string; debezium: string },
): Promise<void> {
  await mkdir(fixtureFolder, { recursive: true });
  await awaitStart(connection, lanes);
  await mark(connection, lanes, 0);
  for (const [i, one] of cases.entries()) {
    const catalogue = [...(await readCatalogue(connection, SCHEMA, one.tables)).values()];
    for (const sql of one.sql) await connection.query(sql);
    await mark(connection, lanes, i + 1);
    const used = ['usual', ...(one.also ?? [])];
    const recordings = used.map((variant) => recordingOf(lanes, variant as VariantName, i, one.tables));
    const rows = await rowsOf(connection, one.tables);
    const { name, setup, sql } = one;
    const file = join(fixtureFolder, `${name}.json`);
    await writeFile(file, writeFixture({ name, ...versions, setup, sql, catalogue, recordings, rows }));
    console.log(`${name}: ${recordings.map((r) => `${r.variant} ${r.withSchemas.length}`).join(', ')} messages`);
  }
}

/** A connector that runs may not have looked at the log yet; it has when it shows one of the rows written meanwhile. */
async function awaitStart(connection: Connection, lanes: readonly Lane[]): Promise<void> {
  let probe = 0;
  const hasStarted = async (): Promise<boolean> => {
    await connection.query('INSERT INTO marker VALUES (?)', [--probe]);
    return lanes.every(({ messages }) => messages.some(({ value }) => String(value).includes('"after":{"n":-')));
  };
  if (!(await waitUntil(hasStarted, { budgetMs: LAST_WAIT_MS, everyMs: 200 })))
    throw new Error('a connector is silent');
}

/** Writes the n-th marker and waits until every lane has shown the end of its transaction. */
async function mark(connection: Connection, lanes: readonly Lane[], n: number): Promise<void> {
  await connection.query('INSERT INTO marker VALUES (?)', [n]);
  const isThere = ({ messages }: Lane): boolean => {
    const at = markerAt(messages, n);
    return at >= 0 && messages.length > at + 1;
  };
  const arrived = await waitUntil(async () => lanes.every(isThere), { budgetMs: LAST_WAIT_MS, everyMs: 50 });
  if (!arrived)
    throw new Error(
      `no marker ${n} in ${lanes
        .filter((lane) => !isThere(lane))
        .map(({ topic }) => topic)
        .join(', ')}`,
    );
}

function markerAt(messages: readonly KafkaMessage[], n: number): number {
  return messages.findIndex(({ value }) => {
    const text = String(value);
    return text.includes('"table":"marker"') && text.includes(`"after":{"n":${n}}`);
  });
}

/** What lies between two markers; a snapshot lies in front of the first. */
function recordingOf(lanes: readonly Lane[], variant: VariantName, i: number, tables: readonly string[]): Recording {
  const isOfCase = ({ value }: KafkaMessage): boolean =>
    tables.some((table) => String(value).includes(`"table":"${table}"`));
  const part = (withSchemas: boolean): RecordedMessage[] => {
    const messages = lanes.find((lane) => lane.variant === variant && lane.withSchemas === withSchemas)?.messages ?? [];
    const streamed = messages.slice(markerAt(messages, i) + 2, markerAt(messages, i + 1) - 1);
    const copied = variant === 'snapshot' ? messages.slice(0, markerAt(messages, 0) - 1).filter(isOfCase) : [];
    return [...copied, ...streamed].map(recorded);
  };
  return { variant, withSchemas: part(true), bare: part(false) };
}

function recorded({ key, value, headers = {} }: KafkaMessage): RecordedMessage {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('__debezium.context'));
  return {
    key: key === null ? null : String(key),
    value: value === null ? null : String(value),
    headers: Object.fromEntries(kept.map(([name, text]) => [name, String(text)])),
  };
}

async function rowsOf(connection: Connection, tables: readonly string[]): Promise<Record<string, Row[]>> {
  const catalogue = await readCatalogue(connection, SCHEMA, tables);
  const rows: Record<string, Row[]> = {};
  for (const table of tables) {
    const list: Row[] = [];
    for await (const page of readPages(connection, catalogue.get(table) as TableInfo, 100)) list.push(...page);
    rows[table] = list;
  }
  return rows;
}

await main(process.argv.slice(2));
