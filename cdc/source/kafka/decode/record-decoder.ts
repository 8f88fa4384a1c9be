import { isUtf8 } from 'node:buffer';
import type { Mapping } from '../../../mapping.ts';
import type { TableInfo } from '../../../tables/catalogue.ts';
import { cdcErrors } from '../../../errors.ts';
import { createStatementJudge } from '../../schema-change.ts';
import { walkBoundary } from './boundary-walker.ts';
import { usualSettings, type ConnectorSettings, type ZeroDateRule } from './column-reader.ts';
import { boundaryRecord, closeChange, FieldReader, openChange, type OpenedChange } from './envelope.ts';
import { malformed, rawText, wholeValue } from './json-fields.ts';
import type { JsonSpan } from './json-text.ts';
import { MessageForms, type MessageForm, type Place } from './message-forms.ts';
import { parseSchema, type MessageSchema } from './message-schema.ts';
import { PayloadCursor } from './payload-cursor.ts';
import type { DecodeRecord, KafkaMessageBytes, KafkaRecord } from './record.ts';
import { planRows, type RowPlan } from './row-plan.ts';
import { SchemaCache, startsWith, type CachedSchema } from './schema-cache.ts';
import { changedTable, readTableChanges } from './table-changes.ts';

export interface RecordDecoderOptions {
  /** The unit's schema at the source. */
  readonly schema: string;
  readonly tables: readonly string[];
  /** Tables outside the schema, by `schema.table`; their events carry that whole name. */
  readonly extraTables?: readonly string[];
  /** Definitions as they are now, by the name that events carry. Statements in the topic bring them up to date. */
  readonly catalogue: ReadonlyMap<string, TableInfo>;
  /** See `Mapping.zeroDates`. */
  readonly zeroDates?: Mapping['zeroDates'];
  /** Columns, by table, that never hold a zero date: the epoch there is the epoch. */
  readonly noZeroDates?: Mapping['zeroDates'];
  /** What messages without a schema do not tell of the connector. */
  readonly settings?: Partial<ConnectorSettings>;
  /** False reads every message the patient way; for tests that compare. */
  readonly walk?: boolean;
}

const NOTHING: KafkaRecord = { kind: 'nothing' };
const NEW_CONNECTOR: KafkaRecord = { kind: 'new-connector' };
const BARE_CHANGE = Buffer.from('{"before":');
const BARE_BOUNDARY = Buffer.from('{"status":');
const CLOSE = 0x7d;
const noForms = new MessageForms();
const noSchema: MessageSchema = { columns: null };

/**
 * Decodes the messages of a Debezium connector for MariaDB or MySQL, with and without schemas, told apart one by one.
 * A schema is parsed once and recognised by its bytes from then on. Changes are walked in their expected order
 * (`ChangeWalker`); whatever is not as expected is read patiently, with the same result.
 */
export function createRecordDecoder(options: RecordDecoderOptions): DecodeRecord {
  const decoder = new RecordDecoder(options);
  return (message) => decoder.decode(message);
}

class RecordDecoder {
  private readonly options: RecordDecoderOptions;
  private readonly settings: ConnectorSettings;
  /** Names that events carry, by `schema.table`. */
  private readonly wanted: ReadonlyMap<string, string>;
  private readonly catalogue: Map<string, TableInfo>;
  private readonly judge: ReturnType<typeof createStatementJudge>;
  private readonly schemas = new SchemaCache();
  private readonly cursor = new PayloadCursor();
  private bare = new MessageForms();

  constructor(options: RecordDecoderOptions) {
    this.options = options;
    this.settings = { ...usualSettings, ...options.settings };
    const { schema, tables, extraTables = [] } = options;
    this.wanted = new Map([
      ...tables.map((table): [string, string] => [`${schema}.${table}`, table]),
      ...extraTables.map((table): [string, string] => [table, table]),
    ]);
    this.catalogue = new Map(options.catalogue);
    this.judge = createStatementJudge(schema, tables);
  }

  decode({ value }: KafkaMessageBytes): KafkaRecord {
    if (value === null) return NOTHING;
    const known = this.schemas.find(value);
    if (known) {
      const span = { from: known.prefix.length, to: value.length - 1 };
      if (value[span.to] === CLOSE)
        return this.walk(value, span, known.forms) ?? this.payload(value, span, known.schema, known.forms);
      return this.whole(value);
    }
    const isBoundary = startsWith(value, BARE_BOUNDARY);
    if (!isBoundary && !startsWith(value, BARE_CHANGE)) return this.whole(value);
    const record = this.walk(value, { from: 0, to: value.length }, isBoundary ? noForms : this.bare);
    return record ?? this.whole(value);
  }

  private walk(value: Buffer, { from, to }: JsonSpan, forms: MessageForms): KafkaRecord | undefined {
    if (this.options.walk === false) return undefined;
    const { cursor } = this;
    const form = forms.expected();
    cursor.open(value, from, to);
    const record = form ? form.walker.walk(cursor, () => value.toString('utf8')) : walkBoundary(cursor);
    if (!record || (cursor.sawHigh && !isUtf8(value.subarray(from, to)))) return undefined;
    if (form) forms.met(form);
    return record;
  }

  /** A message whose schema is not known yet, or that has none. */
  private whole(value: Buffer): KafkaRecord {
    if (!isUtf8(value)) throw malformed('its bytes are not UTF-8');
    const span = wholeValue(value, { from: 0, to: value.length }, 'the message');
    const message = new FieldReader(value, span, 'the message');
    const [schema, payload] = [message.fields.get('schema'), message.fields.get('payload')];
    if (!schema || !payload || message.fields.size !== 2) return this.payload(value, span, noSchema, this.bare);
    if (message.kindOf('payload') === 'null') return NOTHING;
    const known = this.learn(value, span, schema, payload);
    return this.payload(value, payload, known.schema, known.forms);
  }

  private learn(value: Buffer, span: JsonSpan, schema: JsonSpan, payload: JsonSpan): CachedSchema {
    const parsed = parseSchema(rawText(value, schema));
    // Known by its bytes only when nothing but the payload can differ: `{"schema":…,"payload":…}` to the last byte.
    const isPlain =
      span.from === 0 && span.to === value.length && schema.from < payload.from && payload.to === span.to - 1;
    const entry: CachedSchema = {
      prefix: Buffer.from(value.subarray(0, payload.from)),
      schema: parsed,
      forms: new MessageForms(),
      next: undefined,
    };
    return isPlain ? this.schemas.add(entry) : entry;
  }

  private payload(value: Buffer, span: JsonSpan, schema: MessageSchema, forms: MessageForms): KafkaRecord {
    if (!isUtf8(value.subarray(span.from, span.to))) throw malformed('its bytes are not UTF-8');
    const payload = new FieldReader(value, span, 'the payload');
    if (payload.has('op')) return this.change(value, span, payload, schema, forms);
    if (payload.has('status') && payload.has('id')) return boundaryRecord(payload);
    if (payload.has('ddl')) return this.statement(payload);
    if (payload.has('ts_ms') && payload.fields.size === 1) return NOTHING;
    throw malformed(
      `its fields are ${payload.names.slice(0, 6).join(', ') || 'none'}, which is no change, transaction, statement or heartbeat`,
      'send the messages as Debezium writes them: without ExtractNewRecordState or another reshaping transform',
    );
  }

  private change(
    value: Buffer,
    span: JsonSpan,
    payload: FieldReader,
    schema: MessageSchema,
    forms: MessageForms,
  ): KafkaRecord {
    const change = openChange(payload, (place) => this.nameOf(place) !== undefined);
    const form = forms.of(change.place) ?? this.learnForm(change, schema, forms);
    if (form) forms.met(form);
    const plan = form ? form.plan : this.plan(change, schema);
    return closeChange(change, plan, value, span, () => value.toString('utf8'));
  }

  /** Undefined when the change does not show the order of its columns. */
  private learnForm(change: OpenedChange, schema: MessageSchema, forms: MessageForms): MessageForm | undefined {
    const isOrdered = schema.columns !== null || (change.after ?? change.before) !== null;
    const isOurs = this.nameOf(change.place) !== undefined;
    if (isOurs && !isOrdered) return undefined;
    return forms.add(change.place, change.layout, isOurs ? this.plan(change, schema) : null);
  }

  private plan({ place, before, after }: OpenedChange, schema: MessageSchema): RowPlan {
    const table = this.nameOf(place) ?? '';
    const names = schema.columns ?? after ?? before;
    const info = this.catalogue.get(table);
    if (!info)
      throw cdcErrors.error('CDC_TABLE_UNUSABLE', {
        message: `${table} changed, and does not exist at the source now`,
      });
    if (info.key.length === 0)
      throw cdcErrors.error('CDC_TABLE_UNUSABLE', { message: `${table} has no primary key at the source` });
    return planRows({
      table,
      info,
      names: names ? [...names.keys()] : info.columns.map((column) => column.name),
      fields: schema.columns,
      settings: this.settings,
      zeroDateOf: (column) => this.zeroDateOf(table, column),
    });
  }

  private zeroDateOf(table: string, column: string): ZeroDateRule {
    if (this.options.zeroDates?.[table]?.includes(column)) return 'zero-dates';
    return this.options.noZeroDates?.[table]?.includes(column) ? 'no-zero-dates' : 'undeclared';
  }

  /** What a snapshot says of definitions is not a change of them. */
  private statement(payload: FieldReader): KafkaRecord {
    const statement = payload.requiredText('ddl');
    const source = payload.object('source');
    const kind = source?.kindOf('snapshot');
    const isSnapshot = kind === 'true' || (kind === 'string' && source?.text('snapshot') !== 'false');
    const changed = this.followChanges(payload);
    if (isSnapshot) return NEW_CONNECTOR;
    const isOurs = changed || this.judge(statement, payload.text('databaseName') ?? '') !== 'none';
    return { kind: 'ddl', transactionId: source?.text('gtid') ?? null, statement, isOurs };
  }

  /** Takes new definitions over; true when a table of the unit is among them. */
  private followChanges(payload: FieldReader): boolean {
    const span = payload.fields.get('tableChanges');
    if (!span) return false;
    let changed = false;
    for (const change of readTableChanges(rawText(payload.bytes, span))) {
      const name = this.wanted.get(`${change.schema}.${change.name}`);
      const info = name === undefined ? undefined : this.catalogue.get(name);
      if (name === undefined) continue;
      changed = true;
      if (info) this.catalogue.set(name, changedTable(info, change));
    }
    if (changed) this.forgetForms();
    return changed;
  }

  private forgetForms(): void {
    this.schemas.clear();
    this.bare = new MessageForms();
  }

  private nameOf({ db, table }: Place): string | undefined {
    return this.wanted.get(`${db}.${table}`);
  }
}
