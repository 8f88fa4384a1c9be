import { kindOfType, type ColumnInfo, type TableInfo } from '../../../tables/catalogue.ts';
import { columnType } from './column-type.ts';
import { malformed } from './json-fields.ts';

/** A definition as a message about a DDL statement tells it. */
export interface TableChange {
  readonly schema: string;
  readonly name: string;
  /** Null when the table was dropped, or nothing is told of its columns. */
  readonly columns: readonly ColumnInfo[] | null;
  readonly key: readonly string[];
}

interface RawColumn {
  readonly name?: unknown;
  readonly typeName?: unknown;
  readonly length?: unknown;
  readonly scale?: unknown;
  readonly charsetName?: unknown;
  readonly optional?: unknown;
  readonly generated?: unknown;
  readonly defaultValueExpression?: unknown;
  readonly enumValues?: unknown;
}

/** Reads `tableChanges`. Throws `CDC_EVENT_MALFORMED` when it is not what Debezium writes. */
export function readTableChanges(text: string): TableChange[] {
  const changes: unknown = JSON.parse(text);
  if (changes === null) return [];
  if (!Array.isArray(changes)) throw malformed('its tableChanges is not a list');
  return changes.map(tableChange);
}

function tableChange(
  raw: { id?: unknown; table?: { columns?: unknown; primaryKeyColumnNames?: unknown } | null } | null,
): TableChange {
  const [, schema, name] = /^"((?:[^"]|"")*)"\."((?:[^"]|"")*)"$/s.exec(String(raw?.id)) ?? [];
  if (schema === undefined || name === undefined) throw malformed('its tableChanges names no table');
  const columns = raw?.table?.columns;
  const key = raw?.table?.primaryKeyColumnNames;
  return {
    schema: schema.replaceAll('""', '"'),
    name: name.replaceAll('""', '"'),
    columns: Array.isArray(columns) && columns.length > 0 ? columns.map(columnInfo) : null,
    key: Array.isArray(key) ? key.map(String) : [],
  };
}

function columnInfo(raw: RawColumn | null): ColumnInfo {
  const type = typeText(raw ?? {});
  const isChoice = /^(enum|set)\b/.test(type);
  return {
    name: String(raw?.name),
    kind: kindOfType(type.replace(/[ (].*$/s, '')),
    type,
    charset: typeof raw?.charsetName === 'string' && !isChoice ? raw.charsetName : null,
    isZerofill: type.includes('zerofill'),
    isGenerated: raw?.generated === true,
    isAutoUpdated: false,
    isNullable: raw?.optional === true,
    defaultText: typeof raw?.defaultValueExpression === 'string' ? raw.defaultValueExpression : null,
    isJson: type === 'json',
  };
}

const synonyms: Readonly<Record<string, string>> = {
  integer: 'int',
  numeric: 'decimal',
  dec: 'decimal',
  fixed: 'decimal',
  real: 'double',
  'double precision': 'double',
  bool: 'tinyint',
  boolean: 'tinyint',
  int1: 'tinyint',
  int2: 'smallint',
  int3: 'mediumint',
  int4: 'int',
  int8: 'bigint',
  'character varying': 'varchar',
  character: 'char',
  nchar: 'char',
  nvarchar: 'varchar',
};

/** `datetime(6)`, `bigint unsigned`, `enum('a','b')`: as the catalogue would write it. */
function typeText({ typeName, length, scale, enumValues }: RawColumn): string {
  const [, word = '', rest = ''] =
    /^(.*?)((?: (?:unsigned|signed|zerofill))*)$/.exec(String(typeName).toLowerCase()) ?? [];
  const base = synonyms[word] ?? word;
  if (Array.isArray(enumValues) && enumValues.length > 0) return `${base}(${enumValues.map(String).join(',')})`;
  const sizes = [length, scale].filter((size) => typeof size === 'number');
  const hasSizes = sizes.length > 0 && !/text|blob|json|^date$/.test(base);
  return `${base}${hasSizes ? `(${sizes.join(',')})` : ''}${rest}`;
}

/** The table as it is after the change. What is as it was keeps what only the catalogue knows. */
export function changedTable(info: TableInfo, change: TableChange): TableInfo {
  if (!change.columns) return info;
  const columns = change.columns.map((column) => {
    const known = info.byName.get(column.name);
    return known && sameType(known, column) ? { ...known, isNullable: column.isNullable } : column;
  });
  return { ...info, columns, byName: new Map(columns.map((column) => [column.name, column])), key: change.key };
}

const sized = new Set(['datetime', 'timestamp', 'time', 'decimal', 'bit', 'binary']);

function sameType(a: ColumnInfo, b: ColumnInfo): boolean {
  const [one, other] = [columnType(a), columnType(b)];
  if (one.base !== other.base || one.isUnsigned !== other.isUnsigned) return false;
  if (one.members.join() !== other.members.join()) return false;
  return !sized.has(one.base) || one.sizes.join() === other.sizes.join();
}
