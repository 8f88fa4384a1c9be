import { kindOfType, type ColumnInfo, type TableInfo } from '../../../tables/catalogue.ts';
import { createRecordDecoder, type RecordDecoderOptions } from '../decode/record-decoder.ts';
import type { DecodeRecord, KafkaMessageBytes, KafkaRecord } from '../decode/record.ts';

/** Messages by hand, for what no recording can show. Columns are written as in a definition: `INT NOT NULL`. */
export type Columns = Readonly<Record<string, string>>;

export function tableOf(name: string, columns: Columns, key: readonly string[] = ['id']): TableInfo {
  const infos = Object.entries(columns).map(([column, definition]) => columnOf(column, definition));
  const byName = new Map(infos.map((info) => [info.name, info]));
  return { schema: 'shop', name, engine: 'InnoDB', columns: infos, byName, key, uniques: [], rowsEstimate: 0 };
}

function columnOf(name: string, definition: string): ColumnInfo {
  const [, type = '', fallback] = /^(.*?)(?: NOT NULL)?(?: DEFAULT (.*))?$/.exec(definition) ?? [];
  const lower = /^(enum|set)/i.test(type) ? type.replace(/^\w+/, (word) => word.toLowerCase()) : type.toLowerCase();
  return {
    name,
    type: lower,
    kind: kindOfType(lower.replace(/[ (].*$/s, '')),
    charset: /char|text/.test(lower) ? 'utf8mb4' : null,
    isZerofill: lower.includes('zerofill'),
    isGenerated: false,
    isAutoUpdated: false,
    isNullable: !definition.includes('NOT NULL'),
    defaultText: fallback ?? null,
    isJson: false,
  };
}

/** A decoder of one table `shop.t`. */
export function decoderOf(columns: Columns, options: Partial<RecordDecoderOptions> = {}): DecodeRecord {
  const catalogue = new Map([['t', tableOf('t', columns)]]);
  return createRecordDecoder({ schema: 'shop', tables: ['t'], catalogue, ...options });
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Image = Readonly<Record<string, Json>>;

export interface ChangeParts {
  readonly op?: Json;
  readonly before?: Json;
  readonly after?: Json;
  readonly source?: Image;
  readonly transaction?: Json;
}

export const usualSource: Image = {
  version: '3.5.0.Final',
  connector: 'mariadb',
  name: 'p',
  ts_ms: 1_795_262_351_000,
  snapshot: null,
  db: 'shop',
  sequence: null,
  ts_us: 1_795_262_351_000_000,
  table: 't',
  server_id: 1,
  gtid: '0-1-10',
  file: 'mysql-bin.000001',
  pos: 3559,
  row: 0,
  thread: null,
  query: null,
};

/** The payload of a change of `shop.t`; an insert of `after` when nothing else is said. */
export function changePayload(parts: ChangeParts): Record<string, Json> {
  return {
    before: null,
    after: null,
    transaction: { id: '0-1-10', total_order: 1, data_collection_order: 1 },
    op: 'c',
    ts_ms: 1_795_262_352_011,
    ...parts,
    source: { ...usualSource, ...parts.source },
  };
}

export function change(parts: ChangeParts): KafkaMessageBytes {
  return message(changePayload(parts));
}

export function message(value: Json | string): KafkaMessageBytes {
  return { value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) };
}

/** The same with a schema that declares these fields of the row. */
export function withSchema(fields: readonly Image[], payload: Json, envelope: Image = {}): KafkaMessageBytes {
  const row = (field: string): Json => ({ type: 'struct', fields, optional: true, name: 'p.shop.t.Value', field });
  const schema = { type: 'struct', fields: [row('before'), row('after')], name: 'p.shop.t.Envelope', version: 2 };
  return message({ schema: { ...schema, ...envelope }, payload });
}

/** The image after of a message that was decoded to an event. */
export function imageOf(record: KafkaRecord): Readonly<Record<string, unknown>> | null {
  return record.kind === 'change' ? (record.event?.after ?? null) : null;
}
