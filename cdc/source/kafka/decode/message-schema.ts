import { malformed } from './json-fields.ts';
import type { SchemaField } from './column-reader.ts';

/** What the schema part of a message tells: the columns of a row, when the message is about one. */
export interface MessageSchema {
  readonly columns: ReadonlyMap<string, SchemaField> | null;
}

interface RawField {
  readonly field?: unknown;
  readonly type?: unknown;
  readonly name?: unknown;
  readonly version?: unknown;
  readonly optional?: unknown;
  readonly parameters?: unknown;
  readonly default?: unknown;
  readonly fields?: unknown;
}

const ENVELOPE_VERSIONS = [undefined, 1, 2];

/** Reads a schema text. Throws `CDC_EVENT_MALFORMED` when it is no Connect schema, or one of an unknown version. */
export function parseSchema(text: string): MessageSchema {
  const schema = JSON.parse(text) as RawField | null;
  if (schema === null) return { columns: null };
  if (typeof schema !== 'object' || typeof schema.type !== 'string') throw malformed('its schema has no type');
  const row =
    fieldsOf(schema).find(({ field }) => field === 'after') ?? fieldsOf(schema).find(({ field }) => field === 'before');
  if (!row || row.type !== 'struct') return { columns: null };
  if (!ENVELOPE_VERSIONS.includes(schema.version as number | undefined))
    throw malformed(`its envelope has version ${String(schema.version)}, expected 1 or 2`, 'use Debezium 2 or 3');
  const columns = fieldsOf(row).map((field): [string, SchemaField] => [String(field.field), schemaField(field)]);
  return { columns: new Map(columns) };
}

function fieldsOf({ fields }: RawField): readonly RawField[] {
  if (!Array.isArray(fields)) return [];
  if (fields.some((field) => typeof field !== 'object' || field === null))
    throw malformed('its schema has a field that is none');
  return fields as RawField[];
}

function schemaField(raw: RawField): SchemaField {
  return {
    field: String(raw.field),
    type: String(raw.type),
    name: typeof raw.name === 'string' ? raw.name : undefined,
    version: typeof raw.version === 'number' ? raw.version : undefined,
    optional: raw.optional === true,
    parameters: (raw.parameters ?? {}) as Readonly<Record<string, string>>,
    default: raw.default,
  };
}
