import { createHash } from 'node:crypto';
import { changeTopic, REHEARSAL, schemaHistoryTopic, topicAdvice, type ChangeTopicFacts } from './change-topic.ts';
import { converterSettings, producerSettings, readerSettings } from './connector-settings.ts';
import { tlsMode, type SourceKind } from './tls-mode.ts';

export interface DebeziumConnectorFacts extends ChangeTopicFacts {
  readonly kind: SourceKind;
  /** `mysql://` URL of the source, as Connect reaches it; with `?ssl={…}` as mysql2 takes it when TLS is wanted. */
  readonly databaseUrl: string;
  /** `host:port` of the brokers, with commas, as Connect reaches them. */
  readonly bootstrap: string;
  /** True by default. The worker must run with `exactly.once.source.support=enabled`. */
  readonly exactlyOnce?: boolean;
  /** Messages that carry their schema, by default: without it a reader has to know every column's type. */
  readonly withSchemas?: boolean;
}

/** A connector as `PUT /connectors/<name>/config` takes it. */
export interface DebeziumConnector {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

/**
 * The Debezium connector for one direction of a unit. It reads the log from where it is created and copies no rows: the
 * copy is ours. Every setting that by default drops, rounds or replaces a value in silence is set against that.
 */
export function debeziumConnector(facts: DebeziumConnectorFacts): DebeziumConnector {
  const name = changeTopic(facts.unit, facts.direction);
  const config = {
    ...databaseSettings(facts, name),
    ...captureSettings(facts),
    ...readerSettings,
    ...schemaHistorySettings(facts),
    ...topicSettings(facts),
    ...(facts.mode === 'ordered' ? routeToOneTopic(name) : {}),
    ...converterSettings(facts.withSchemas ?? true),
    ...producerSettings,
    ...exactlyOnceSettings(facts.exactlyOnce ?? true),
  };
  return { name, config };
}

const CLASSES: Readonly<Record<SourceKind, string>> = {
  mariadb: 'io.debezium.connector.mariadb.MariaDbConnector',
  mysql: 'io.debezium.connector.mysql.MySqlConnector',
};

function databaseSettings({ kind, databaseUrl }: DebeziumConnectorFacts, name: string): Record<string, string> {
  const url = new URL(databaseUrl);
  return {
    'connector.class': CLASSES[kind],
    'tasks.max': '1',
    'topic.prefix': name,
    'database.hostname': url.hostname,
    'database.port': url.port || '3306',
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.server.id': String(serverId(name)),
    'database.ssl.mode': tlsMode(kind, url.searchParams.get('ssl')),
  };
}

/** The same at every call, so that a connector never meets itself; away from the low numbers that people give. */
export function serverId(name: string): number {
  return 1_000_000_000 + (createHash('sha256').update(name).digest().readUInt32BE(0) % 1_000_000_000);
}

function captureSettings({ schema, tables }: DebeziumConnectorFacts): Record<string, string> {
  const captured = [...tables.map((table) => ({ schema, table })), REHEARSAL];
  return {
    'database.include.list': [...new Set(captured.map((table) => exactly(table.schema)))].join(','),
    'table.include.list': captured.map((table) => `${exactly(table.schema)}\\.${exactly(table.table)}`).join(','),
  };
}

/** A name as a regular expression that matches nothing else; Debezium splits its lists at commas without a backslash. */
function exactly(name: string): string {
  return name.replaceAll(/[^\w-]/g, (character) => `\\${character}`);
}

function schemaHistorySettings({ unit, direction, bootstrap }: DebeziumConnectorFacts): Record<string, string> {
  return {
    'schema.history.internal.kafka.bootstrap.servers': bootstrap,
    'schema.history.internal.kafka.topic': schemaHistoryTopic(unit, direction),
    'schema.history.internal.store.only.captured.tables.ddl': 'true',
    'schema.history.internal.store.only.captured.databases.ddl': 'true',
    'schema.history.internal.skip.unparseable.ddl': 'false',
  };
}

/** Topics that nobody made get the same settings as advised, and the broker's own number of copies. */
function topicSettings(facts: DebeziumConnectorFacts): Record<string, string> {
  const config = topicAdvice(facts)[0]?.config ?? {};
  const settings = Object.entries(config).map(([key, value]) => [`topic.creation.default.${key}`, value]);
  return {
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '-1',
    ...Object.fromEntries(settings),
  };
}

/** Rows, BEGIN, END and schema changes into one topic: the order of the log is the order of the topic. */
function routeToOneTopic(name: string): Record<string, string> {
  return {
    transforms: 'one',
    'transforms.one.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.one.regex': `${name.replaceAll('.', '\\.')}(\\..*)?`,
    'transforms.one.replacement': name,
  };
}

function exactlyOnceSettings(isExactlyOnce: boolean): Record<string, string> {
  return isExactlyOnce
    ? { 'exactly.once.support': 'required', 'transaction.boundary': 'poll' }
    : { 'exactly.once.support': 'requested' };
}
