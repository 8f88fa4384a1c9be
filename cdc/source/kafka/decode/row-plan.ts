import type { Row, Value } from '../../../change-event.ts';
import { cdcErrors } from '../../../errors.ts';
import type { ColumnInfo, TableInfo } from '../../../tables/catalogue.ts';
import type { ColumnReader, ConnectorSettings, SchemaField, ZeroDateRule } from './column-reader.ts';
import { columnType } from './column-type.ts';
import { compileColumn } from './compile-column.ts';
import { malformed, tokenOf, type JsonFields } from './json-fields.ts';

export interface PlannedColumn {
  readonly name: string;
  readonly reader: ColumnReader;
  readonly isNullable: boolean;
  /** Why a NULL of this column cannot be believed. */
  readonly nullDoubt: string | undefined;
  /** Kept by the source for itself, such as the hash of a long unique key: not part of the row. */
  readonly isHidden: boolean;
}

/** How images of one table are read, for one form of its messages. */
export interface RowPlan {
  /** As change events name it. */
  readonly table: string;
  /** Unqualified, as the message's `source` names it. */
  readonly name: string;
  readonly schema: string;
  readonly key: readonly string[];
  /** In the order the message has them. */
  readonly columns: readonly PlannedColumn[];
  /** Why the event just read cannot be carried; set by readers, cleared before each event. */
  readonly doubts: { reason: string | undefined };
}

export interface PlanOptions {
  readonly table: string;
  readonly info: TableInfo;
  /** Names in the order the message has them. */
  readonly names: readonly string[];
  /** Null for a message without a schema. */
  readonly fields: ReadonlyMap<string, SchemaField> | null;
  readonly settings: ConnectorSettings;
  readonly zeroDateOf: (column: string) => ZeroDateRule;
}

const hidden = /^DB_ROW_HASH_\d+$/;

/** Throws `CDC_SCHEMA_CHANGED` when message and catalogue do not have the same columns. */
export function planRows(options: PlanOptions): RowPlan {
  const { table, info, names } = options;
  const doubts: RowPlan['doubts'] = { reason: undefined };
  requireSameColumns(options);
  const columns = names.map((name) => {
    const column = info.byName.get(name);
    return column ? planColumn(options, column, doubts) : hiddenColumn(name);
  });
  return { table, name: info.name, schema: info.schema, key: info.key, columns, doubts };
}

function requireSameColumns({ table, info, names }: PlanOptions): void {
  const unknown = names.filter((name) => !info.byName.has(name) && !hidden.test(name));
  const missing = info.columns.map((column) => column.name).filter((name) => !names.includes(name));
  if (unknown.length > 0 || missing.length > 0) throw otherColumns(table, unknown, missing);
}

function planColumn(options: PlanOptions, column: ColumnInfo, doubts: RowPlan['doubts']): PlannedColumn {
  const { table, info, fields, settings } = options;
  const type = columnType(column);
  const zeroDate = options.zeroDateOf(column.name);
  const mayBeZero = zeroDate === 'zero-dates' && column.isNullable && ['date', 'datetime'].includes(type.base);
  const reader = compileColumn(table, {
    column,
    type,
    field: fields?.get(column.name) ?? null,
    settings,
    zeroDate,
    isKey: info.key.includes(column.name),
    doubt: (what) => (doubts.reason ??= `${table}.${column.name} ${what}`),
  });
  const nullDoubt = mayBeZero
    ? `${table}.${column.name} is NULL, which Debezium also says for a zero date: the two cannot be told apart`
    : undefined;
  return { name: column.name, reader, isNullable: column.isNullable, nullDoubt, isHidden: false };
}

function hiddenColumn(name: string): PlannedColumn {
  const ignore = { scan: () => null, read: () => null };
  return { name, reader: ignore, isNullable: true, nullDoubt: undefined, isHidden: true };
}

/** Reads an image field by field. Throws `CDC_EVENT_MALFORMED` naming the column. */
export function readImage(plan: RowPlan, bytes: Buffer, fields: JsonFields): Row {
  requireImageColumns(plan, fields);
  const row: Record<string, Value> = {};
  for (const column of plan.columns) {
    const span = fields.get(column.name);
    if (!span || column.isHidden) continue;
    const token = tokenOf(bytes, span);
    const value = token.kind === 'null' ? nullOf(plan, column) : column.reader.read(token);
    if (value === undefined)
      throw malformed(`${plan.table}.${column.name} (byte ${span.from}) is a ${token.kind} that is no value of it`);
    row[column.name] = value;
  }
  return row;
}

/** A partial image, or a connector that was told to go on when a value cannot be converted, leaves such a hole. */
export function nullOf(plan: RowPlan, column: PlannedColumn): null {
  if (!column.isNullable)
    throw cdcErrors.error('CDC_ROW_IMAGE_PARTIAL', {
      message: `${plan.table}.${column.name} cannot be NULL, and came without a value`,
    });
  if (column.nullDoubt !== undefined) plan.doubts.reason ??= column.nullDoubt;
  return null;
}

function requireImageColumns({ table, columns }: RowPlan, fields: JsonFields): void {
  const known = new Set(columns.map((column) => column.name));
  const missing = [...known].filter((name) => !fields.has(name));
  const unknown = [...fields.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0 || missing.length > 0) throw otherColumns(table, unknown, missing);
}

function otherColumns(table: string, unknown: readonly string[], missing: readonly string[]): Error {
  const parts = [
    unknown.length > 0 && `the message has ${unknown.join(', ')}, which the table does not have`,
    missing.length > 0 && `the message lacks ${missing.join(', ')}`,
  ];
  return cdcErrors.error('CDC_SCHEMA_CHANGED', {
    message: `a message does not have the columns of ${table} as they are now: ${parts.filter(Boolean).join('; ')}`,
    fix: 'take a new snapshot: what was written under another definition cannot be read with this one',
  });
}
