import { cdcErrors } from '../../../errors.ts';
import type { ColumnReader, ReaderContext, SchemaField } from './column-reader.ts';
import { malformed } from './json-fields.ts';
import { bitReader, bytesReader } from './read-bytes.ts';
import { bigintReader, decimalReader, floatReader, integerReader } from './read-number.ts';
import { dateReader, datetimeReader, timeReader, timestampReader } from './read-temporal.ts';
import { choiceReader, textReader } from './read-text.ts';

type Family =
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'float'
  | 'date'
  | 'datetime'
  | 'time'
  | 'timestamp'
  | 'text'
  | 'choice'
  | 'bytes'
  | 'bit';

const readers: Readonly<Record<Family, (context: ReaderContext) => ColumnReader>> = {
  integer: integerReader,
  bigint: bigintReader,
  decimal: decimalReader,
  float: floatReader,
  date: dateReader,
  datetime: datetimeReader,
  time: timeReader,
  timestamp: timestampReader,
  text: textReader,
  choice: choiceReader,
  bytes: bytesReader,
  bit: bitReader,
};

const TIME = 'io.debezium.time';
const DECIMAL = 'bytes org.apache.kafka.connect.data.Decimal';
const integers = ['int8', 'int16', 'int32', 'int64', `int32 ${TIME}.Year`, 'boolean'];

/** Type and meaning of a field under the settings that lose nothing. Several: each tells itself apart from the others. */
const accepted: Readonly<Record<Family, readonly string[]>> = {
  integer: integers,
  bigint: ['int64', DECIMAL],
  decimal: ['string', DECIMAL],
  float: ['float', 'double', 'float32', 'float64'],
  date: [`int32 ${TIME}.Date`],
  datetime: [`int64 ${TIME}.Timestamp`, `int64 ${TIME}.MicroTimestamp`],
  time: [`int64 ${TIME}.MicroTime`],
  timestamp: [`string ${TIME}.ZonedTimestamp`],
  text: ['string', 'string io.debezium.data.Json'],
  choice: ['string io.debezium.data.Enum', 'string io.debezium.data.EnumSet'],
  bytes: ['bytes'],
  bit: ['boolean', 'bytes io.debezium.data.Bits'],
};

/** Throws for a type that is not carried, a setting of the connector that loses data, and another type than the table has. */
export function compileColumn(table: string, context: ReaderContext): ColumnReader {
  const { column, field } = context;
  const family = familyOf(context);
  if (!family)
    throw cdcErrors.error('CDC_LOG_UNREADABLE', {
      message: `${table}.${column.name} has the type ${column.type}, which is not carried`,
    });
  requireSizes(table, family, context);
  if (field) requireField(table, family, context, field);
  return readers[family](context);
}

/** The largest sizes a server has, where our work or memory grows with them. */
const largest: Partial<Record<Family, readonly number[]>> = {
  decimal: [65, 38],
  datetime: [6],
  time: [6],
  timestamp: [6],
  bit: [64],
  bytes: [65_535],
};

function requireSizes(table: string, family: Family, { column, type }: ReaderContext): void {
  const isPossible = (size: number, i: number): boolean =>
    Number.isInteger(size) && size >= 0 && size <= (largest[family]?.[i] ?? Infinity);
  if (type.sizes.every(isPossible)) return;
  throw malformed(
    `${table}.${column.name} is announced as ${column.type}, which no server has`,
    'look at the schema change in the topic; if the table has another type, start again from a new copy',
  );
}

function familyOf({ column, type }: ReaderContext): Family | undefined {
  switch (column.kind) {
    case 'exact':
      return type.base === 'bigint' ? 'bigint' : 'decimal';
    case 'text':
      return ['date', 'datetime', 'time', 'timestamp'].includes(type.base) ? (type.base as Family) : 'text';
    case 'double':
      return 'float';
    case 'unsupported':
      return undefined;
    default:
      return column.kind;
  }
}

function requireField(table: string, family: Family, { column, settings }: ReaderContext, field: SchemaField): void {
  const said = meaningOf(field);
  const isDeclaredText = family === 'bytes' && said === 'string' && settings.binary !== 'bytes';
  if (isDeclaredText) return;
  if (accepted[family].includes(said) && (field.version ?? 1) === 1) return;
  const name = `${table}.${column.name}`;
  const setting = lossySetting(family, said);
  if (setting)
    throw malformed(
      `${name} comes as ${said}: the connector has ${setting.has}`,
      `set ${setting.want} in the connector`,
    );
  throw cdcErrors.error('CDC_SCHEMA_CHANGED', {
    message: `${name} comes as ${said}${versionOf(field)}, which does not fit its type ${column.type} at the source`,
  });
}

function meaningOf({ type, name }: SchemaField): string {
  return name === undefined ? type : `${type} ${name}`;
}

function versionOf({ version }: SchemaField): string {
  return version === undefined || version === 1 ? '' : ` version ${version}`;
}

/** The setting that makes a connector send such a field. */
function lossySetting(family: Family, said: string): { has: string; want: string } | undefined {
  if (family === 'decimal' && /^(double|float64)/.test(said))
    return { has: 'decimal.handling.mode=double, which rounds', want: 'decimal.handling.mode=string' };
  if (family === 'bytes' && said === 'string')
    return { has: 'a binary.handling.mode that schemas do not tell apart', want: 'binary.handling.mode=bytes' };
  if (!['date', 'datetime', 'time', 'timestamp'].includes(family)) return undefined;
  return { has: 'another time.precision.mode', want: 'time.precision.mode=adaptive_time_microseconds' };
}
