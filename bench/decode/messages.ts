import { kindOfType, type ColumnInfo, type TableInfo } from '../../cdc/tables/catalogue.ts';

/** A column as the source has it, as the connector declares it, and its value in the n-th message. */
interface BenchColumn {
  readonly name: string;
  readonly type: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly value: (n: number) => unknown;
}

const TIME = 'io.debezium.time';
const text = (name: string, type: string, value: (n: number) => string): BenchColumn => ({
  name,
  type,
  schema: { type: 'string', optional: true },
  value,
});
const int = (name: string, value: (n: number) => number): BenchColumn => ({
  name,
  type: 'int(11)',
  schema: { type: 'int32', optional: true },
  value,
});

const common: readonly BenchColumn[] = [
  { name: 'id', type: 'bigint(20)', schema: { type: 'int64', optional: false }, value: (n) => 1_000_000 + n },
  int('customer_id', (n) => n % 5000),
  text('status', 'varchar(20)', (n) => ['placed', 'paid', 'shipped'][n % 3] ?? ''),
  text('total', 'decimal(12,2)', (n) => `${n % 1000}.${String(n % 100).padStart(2, '0')}`),
  {
    name: 'placed_at',
    type: 'datetime(6)',
    schema: { type: 'int64', optional: true, name: `${TIME}.MicroTimestamp`, version: 1 },
    value: (n) => 1_795_262_000_000_000 + n * 1_234_567,
  },
  text('note', 'varchar(200)', (n) => `left at the door of number ${n % 100}, second bell`),
];

const more: readonly BenchColumn[] = Array.from({ length: 3 }, (_, i) => [
  text(`name_${i}`, 'varchar(60)', (n) => `Person ${i} ${n % 700}`),
  int(`count_${i}`, (n) => (n * 7) % 1000),
  {
    name: `day_${i}`,
    type: 'date',
    schema: { type: 'int32', optional: true, name: `${TIME}.Date`, version: 1 },
    value: (n: number) => 20_000 + (n % 300),
  },
  {
    name: `seen_at_${i}`,
    type: 'timestamp',
    schema: { type: 'string', optional: true, name: `${TIME}.ZonedTimestamp`, version: 1 },
    value: (n: number) => `2026-11-21T08:${String(n % 60).padStart(2, '0')}:00Z`,
  },
  text(
    `reference_${i}`,
    'varchar(40)',
    (n) => `6ccd780c-baba-1026-9564-0040f4${String(n % 1_000_000).padStart(6, '0')}`,
  ),
]).flat();

export interface BenchTable {
  readonly info: TableInfo;
  /** Updates of one row each, one column changed. */
  readonly withSchemas: readonly Buffer[];
  readonly bare: readonly Buffer[];
}

/** Messages as Debezium 3.5 writes them for MariaDB, of a table with 6 or 21 columns. */
export function benchTable(columns: 6 | 21, count: number): BenchTable {
  const used = columns === 6 ? common : [...common, ...more];
  const schema = schemaText(used);
  const payloads = Array.from({ length: count }, (_, n) => payloadText(used, n));
  return {
    info: tableInfo(used),
    withSchemas: payloads.map((payload) => Buffer.from(`{"schema":${schema},"payload":${payload}}`)),
    bare: payloads.map((payload) => Buffer.from(payload)),
  };
}

function payloadText(columns: readonly BenchColumn[], n: number): string {
  const image = (m: number): Record<string, unknown> => Object.fromEntries(columns.map((c) => [c.name, c.value(m)]));
  const before = image(n);
  const at = 1_795_262_000_000 + n;
  return JSON.stringify({
    before,
    after: { ...before, status: 'delivered', customer_id: n % 4999 },
    source: {
      version: '3.5.0.Final',
      connector: 'mariadb',
      name: 'bench',
      ts_ms: at,
      snapshot: null,
      db: 'shop',
      sequence: null,
      ts_us: at * 1000,
      ts_ns: 0,
      table: 'orders',
      server_id: 1,
      gtid: `0-1-${n}`,
      file: 'mysql-bin.000001',
      pos: 4000 + n * 500,
      row: 0,
      thread: null,
      query: null,
    },
    transaction: { id: `0-1-${Math.floor(n / 3)}`, total_order: (n % 3) + 1, data_collection_order: (n % 3) + 1 },
    op: 'u',
    ts_ms: at,
    ts_us: at * 1000,
    ts_ns: 0,
  }).replaceAll('"ts_ns":0', `"ts_ns":${at}000000`);
}

function schemaText(columns: readonly BenchColumn[]): string {
  const row = columns.map(({ name, schema }) => ({ ...schema, field: name }));
  const int64 = (field: string): Record<string, unknown> => ({ type: 'int64', optional: true, field });
  const string = (field: string): Record<string, unknown> => ({ type: 'string', optional: true, field });
  const struct = (field: string, name: string, fields: unknown): unknown => ({
    type: 'struct',
    fields,
    optional: true,
    name,
    field,
  });
  const source = ['version', 'connector', 'name', 'snapshot', 'db', 'sequence', 'table', 'gtid', 'file', 'query'];
  return JSON.stringify({
    type: 'struct',
    fields: [
      struct('before', 'bench.shop.orders.Value', row),
      struct('after', 'bench.shop.orders.Value', row),
      struct('source', 'io.debezium.connector.mariadb.Source', source.map(string)),
      struct('transaction', 'event.block', [string('id'), int64('total_order'), int64('data_collection_order')]),
      string('op'),
      ...['ts_ms', 'ts_us', 'ts_ns'].map(int64),
    ],
    optional: false,
    name: 'bench.shop.orders.Envelope',
    version: 2,
  });
}

function tableInfo(columns: readonly BenchColumn[]): TableInfo {
  const infos = columns.map(({ name, type }): ColumnInfo => {
    const kind = kindOfType(type.replace(/\(.*/, ''));
    const isNullable = name !== 'id';
    return {
      name,
      type,
      kind,
      charset: null,
      isNullable,
      isZerofill: false,
      isGenerated: false,
      isAutoUpdated: false,
      isJson: false,
      defaultText: null,
    };
  });
  const byName = new Map(infos.map((info) => [info.name, info]));
  return {
    schema: 'shop',
    name: 'orders',
    engine: 'InnoDB',
    columns: infos,
    byName,
    key: ['id'],
    uniques: [],
    rowsEstimate: 0,
  };
}
