import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row, Value } from '../../../change-event.ts';
import type { TableInfo } from '../../../tables/catalogue.ts';
import type { VariantName } from './event-cases.ts';
import type { RecordedLog } from './record-binlog.ts';

/** A case as it was recorded: what the connector sent, and what a SELECT showed afterwards. */
export interface Fixture {
  readonly name: string;
  readonly server: string;
  readonly debezium: string;
  readonly setup: readonly string[];
  readonly sql: readonly string[];
  /** Definitions when the connector began. */
  readonly catalogue: readonly TableInfo[];
  readonly recordings: readonly Recording[];
  /** Rows at the end, by table, in the order of their keys. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

export interface Recording {
  readonly variant: VariantName;
  readonly withSchemas: readonly RecordedMessage[];
  readonly bare: readonly RecordedMessage[];
}

export interface RecordedMessage {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** On disk a schema stands once, and messages name it; bytes are written as hexadecimal. */
interface StoredFixture extends Omit<Fixture, 'recordings' | 'catalogue' | 'rows'> {
  readonly schemas: readonly string[];
  readonly catalogue: readonly Omit<TableInfo, 'byName'>[];
  readonly recordings: readonly { variant: VariantName; withSchemas: StoredMessage[]; bare: StoredMessage[] }[];
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

interface StoredMessage {
  readonly key: string | null;
  readonly value: string | null;
  /** Numbers of the schemas of key and value. */
  readonly schemas?: readonly [number, number];
  readonly headers?: Readonly<Record<string, string>>;
}

export const fixtureFolder = join(import.meta.dirname, '..', 'fixtures');

/** Events of the binlog itself, for the other reader. */
export const logFile = join(import.meta.dirname, '..', '..', 'fixtures', 'binlog-events.json');

export function fixtureNames(): string[] {
  return readdirSync(fixtureFolder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .toSorted();
}

export function readRecordedLog(): RecordedLog {
  return JSON.parse(readFileSync(logFile, 'utf8')) as RecordedLog;
}

export function readFixture(name: string): Fixture {
  const stored = JSON.parse(readFileSync(join(fixtureFolder, `${name}.json`), 'utf8')) as StoredFixture;
  const wrapped = (message: StoredMessage): RecordedMessage => expand(message, stored.schemas);
  return {
    ...stored,
    catalogue: stored.catalogue.map((table) => ({
      ...table,
      byName: new Map(table.columns.map((column) => [column.name, column])),
    })),
    recordings: stored.recordings.map(({ variant, withSchemas, bare }) => ({
      variant,
      withSchemas: withSchemas.map(wrapped),
      bare: bare.map(wrapped),
    })),
    rows: Object.fromEntries(Object.entries(stored.rows).map(([table, rows]) => [table, rows.map(readRow)])),
  };
}

function expand({ key, value, schemas, headers = {} }: StoredMessage, texts: readonly string[]): RecordedMessage {
  const wrap = (payload: string | null, schema: number | undefined): string | null =>
    payload === null || schema === undefined ? payload : `{"schema":${texts[schema]},"payload":${payload}}`;
  return { key: wrap(key, schemas?.[0]), value: wrap(value, schemas?.[1]), headers };
}

/** The text of a fixture's file. */
export function writeFixture(fixture: Fixture): string {
  const schemas: string[] = [];
  const numberOf = (schema: string): number => {
    if (!schemas.includes(schema)) schemas.push(schema);
    return schemas.indexOf(schema);
  };
  const shorten = ({ key, value, headers }: RecordedMessage): StoredMessage => {
    const [k, v] = [split(key), split(value)];
    return {
      key: k?.payload ?? key,
      value: v?.payload ?? value,
      ...((k ?? v) && { schemas: [numberOf(k?.schema ?? 'null'), numberOf(v?.schema ?? 'null')] as const }),
      ...(Object.keys(headers).length > 0 && { headers }),
    };
  };
  const recordings = fixture.recordings.map(({ variant, withSchemas, bare }) => ({
    variant,
    withSchemas: withSchemas.map(shorten),
    bare: bare.map((message) => ({ ...message })),
  }));
  const catalogue = fixture.catalogue.map((table) => ({ ...table, byName: undefined }));
  const rows = Object.fromEntries(Object.entries(fixture.rows).map(([table, list]) => [table, list.map(plainRow)]));
  return `${JSON.stringify({ ...fixture, catalogue, recordings, rows, schemas }, null, 1)}\n`;
}

/** Debezium writes both parts without space. */
function split(text: string | null): { schema: string; payload: string } | undefined {
  if (!text?.startsWith('{"schema":')) return undefined;
  const at = text.indexOf(',"payload":');
  return { schema: text.slice('{"schema":'.length, at), payload: text.slice(at + ',"payload":'.length, -1) };
}

function plainRow(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value]),
  );
}

function readRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]): [string, Value] => [name, readValue(value)]));
}

function readValue(value: unknown): Value {
  const isBytes = typeof value === 'object' && value !== null;
  return isBytes ? Buffer.from((value as { hex: string }).hex, 'hex') : (value as Value);
}
