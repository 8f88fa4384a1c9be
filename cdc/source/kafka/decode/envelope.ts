import type { Row } from '../../../change-event.ts';
import { changeEvent, changeRecord, isKnownOp, type ChangeFacts } from './change-record.ts';
import type { ChangeLayout } from './change-walker.ts';
import { malformed, readFields, tokenOf, type JsonFields } from './json-fields.ts';
import type { JsonKind, JsonSpan } from './json-text.ts';
import type { Place } from './message-forms.ts';
import type { ChangeRecord, KafkaRecord } from './record.ts';
import { readImage, type RowPlan } from './row-plan.ts';

/** Reads fields of one object in any order, with space anywhere: the patient way. */
export class FieldReader {
  readonly bytes: Buffer;
  readonly fields: JsonFields;
  private readonly where: string;

  constructor(bytes: Buffer, span: JsonSpan, where: string) {
    this.bytes = bytes;
    this.where = where;
    this.fields = readFields(bytes, span, where);
  }

  get names(): string[] {
    return [...this.fields.keys()];
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  /** Null when absent or null. */
  text(name: string): string | null {
    return this.value(name, 'string');
  }

  requiredText(name: string): string {
    const text = this.text(name);
    if (text === null) throw malformed(`${this.where} has no ${name}`);
    return text;
  }

  /** A whole number that is not negative and exact. */
  count(name: string): number | null {
    const text = this.value(name, 'number');
    if (text === null) return null;
    const n = Number(text);
    if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(n)) throw malformed(`${name} of ${this.where} is no count`);
    return n;
  }

  requiredCount(name: string): number {
    const count = this.count(name);
    if (count === null) throw malformed(`${this.where} has no ${name}`);
    return count;
  }

  object(name: string): FieldReader | null {
    const span = this.fields.get(name);
    if (!span || this.kindOf(name) === 'null') return null;
    return new FieldReader(this.bytes, span, name);
  }

  kindOf(name: string): JsonKind | undefined {
    const span = this.fields.get(name);
    return span && tokenOf(this.bytes, span).kind;
  }

  private value(name: string, kind: JsonKind): string | null {
    const span = this.fields.get(name);
    if (!span) return null;
    const token = tokenOf(this.bytes, span);
    if (token.kind === 'null') return null;
    if (token.kind !== kind)
      throw malformed(`${name} of ${this.where} (byte ${span.from}) is a ${token.kind}, expected a ${kind}`);
    return token.text;
  }
}

/** A change taken apart, its images still bytes. */
export interface OpenedChange {
  readonly op: string;
  readonly place: Place;
  readonly layout: ChangeLayout;
  readonly facts: ChangeFacts;
  readonly before: JsonFields | null;
  readonly after: JsonFields | null;
}

/** Throws `CDC_EVENT_MALFORMED` on an op or a field it does not know the meaning of. */
export function openChange(payload: FieldReader, isOurs: (place: Place) => boolean): OpenedChange {
  const op = payload.requiredText('op');
  if (!isKnownOp(op)) throw malformed(`its op is ${JSON.stringify(op.slice(0, 8))}, expected c, u, d, r or t`);
  const source = payload.object('source');
  if (!source) throw malformed('a change has no source');
  const transaction = payload.object('transaction');
  const place = { db: source.text('db') ?? '', table: source.text('table') ?? '' };
  if (place.db === '' || place.table === '') throw malformed('source names no table');
  const ours = isOurs(place);
  return {
    op,
    place,
    layout: {
      envelope: payload.names,
      source: source.names,
      transaction: transaction?.names ?? ['id', 'total_order', 'data_collection_order'],
    },
    facts: {
      transactionId: transaction?.requiredText('id') ?? null,
      order: transaction?.count('total_order') ?? 0,
      isSnapshot: snapshotOf(source),
      atMs: source.requiredCount('ts_ms'),
    },
    before: ours ? (payload.object('before')?.fields ?? null) : null,
    after: ours ? (payload.object('after')?.fields ?? null) : null,
  };
}

/** A text, a boolean in older versions, or nothing while streaming. */
function snapshotOf(source: FieldReader): boolean {
  switch (source.kindOf('snapshot')) {
    case 'true':
      return true;
    case 'string':
      return source.text('snapshot') !== 'false';
    case undefined:
    case 'null':
    case 'false':
      return false;
    default:
      throw malformed('snapshot of source is neither text nor boolean');
  }
}

export function closeChange(
  change: OpenedChange,
  plan: RowPlan | null,
  bytes: Buffer,
  payload: JsonSpan,
  raw: () => string,
): ChangeRecord {
  const { op, facts } = change;
  const size = payload.to - payload.from;
  if (!plan) return changeRecord(op, null, facts, size);
  plan.doubts.reason = undefined;
  const image = (fields: JsonFields | null): Row | null => (fields ? readImage(plan, bytes, fields) : null);
  return changeRecord(op, changeEvent(op, plan, image(change.before), image(change.after), raw), facts, size);
}

/** BEGIN and END of a source transaction. */
export function boundaryRecord(payload: FieldReader): KafkaRecord {
  const status = payload.requiredText('status');
  const transactionId = payload.requiredText('id');
  const atMs = payload.count('ts_ms') ?? 0;
  if (status === 'BEGIN') return { kind: 'begin', transactionId, atMs };
  if (status === 'END') return { kind: 'end', transactionId, count: payload.requiredCount('event_count'), atMs };
  throw malformed('status is neither BEGIN nor END');
}
