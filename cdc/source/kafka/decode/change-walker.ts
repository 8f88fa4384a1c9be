import type { Row, Value } from '../../../change-event.ts';
import { changeEvent, changeRecord, isKnownOp } from './change-record.ts';
import type { PayloadCursor } from './payload-cursor.ts';
import { scanWord, skip, skipLiteral } from './payload-scan.ts';
import { scanWhole } from './read-number.ts';
import type { ChangeRecord } from './record.ts';
import type { PlannedColumn, RowPlan } from './row-plan.ts';

/** The order in which a connector writes the fields of a change; the first message shows it. */
export interface ChangeLayout {
  readonly envelope: readonly string[];
  readonly source: readonly string[];
  readonly transaction: readonly string[];
}

interface Step {
  readonly name: string;
  /** The name as it stands there, with what is in front of it. */
  readonly expected: Buffer;
}

const NULL = 0x6e;
const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;

/**
 * Walks a change of one table in the order its fields are expected, reading bytes once and making no objects but the
 * result. Whatever is not as expected makes it give up (`undefined`): the patient reading then says what is there. The
 * property test beside holds both to the same result.
 */
export class ChangeWalker {
  private readonly plan: RowPlan | null;
  private readonly envelope: readonly Step[];
  private readonly source: readonly Step[];
  private readonly transaction: readonly Step[];
  private readonly columns: readonly Step[];
  private readonly db: Buffer;
  private readonly table: Buffer;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  // What the walk has found so far.
  private before: Row | null = null;
  private after: Row | null = null;
  private op = '';
  private atMs = 0;
  private isSnapshot = false;
  private transactionId: string | null = null;
  private order = 0;

  /** `plan` null walks over a table that nobody asked for. */
  constructor(layout: ChangeLayout, place: { db: string; table: string }, plan: RowPlan | null) {
    this.plan = plan;
    this.envelope = stepsOf(layout.envelope);
    this.source = stepsOf(layout.source);
    this.transaction = stepsOf(layout.transaction);
    this.columns = stepsOf(plan?.columns.map((column) => column.name) ?? []);
    this.db = Buffer.from(JSON.stringify(place.db));
    this.table = Buffer.from(JSON.stringify(place.table));
    const count = this.columns.length;
    this.starts = new Int32Array(count);
    this.ends = new Int32Array(count);
  }

  /** The payload must end exactly at the cursor's end. */
  walk(cursor: PayloadCursor, raw: () => string): ChangeRecord | undefined {
    const { plan } = this;
    const from = cursor.at;
    this.reset();
    for (const step of this.envelope)
      if (!cursor.pass(step.expected) || !this.take(step.name, cursor)) return undefined;
    if (cursor.bytes[cursor.at] !== CLOSE || cursor.at + 1 !== cursor.end) return undefined;
    const { op, before, after } = this;
    if (!isKnownOp(op) || !this.hasImages()) return undefined;
    const event = plan && changeEvent(op, plan, before, after, raw);
    const { transactionId, order, isSnapshot, atMs } = this;
    return changeRecord(op, event, { transactionId, order, isSnapshot, atMs }, cursor.end - from);
  }

  private reset(): void {
    this.before = null;
    this.after = null;
    this.op = '';
    this.atMs = -1;
    this.isSnapshot = false;
    this.transactionId = null;
    this.order = 0;
    if (this.plan) this.plan.doubts.reason = undefined;
  }

  private hasImages(): boolean {
    if (this.atMs < 0) return false;
    const { op, plan } = this;
    if (!plan || op === 't') return true;
    if ((op === 'u' || op === 'd') && this.before === null) return false;
    return op === 'd' || this.after !== null;
  }

  private take(name: string, cursor: PayloadCursor): boolean {
    switch (name) {
      case 'before': {
        const image = this.image(cursor, false);
        this.before = image ?? null;
        return image !== undefined;
      }
      case 'after': {
        const image = this.image(cursor, this.before !== null);
        this.after = image ?? null;
        return image !== undefined;
      }
      case 'source':
        return this.takeSource(cursor);
      case 'transaction':
        return this.takeTransaction(cursor);
      case 'op': {
        const op = scanWord(cursor);
        this.op = op ?? '';
        return op !== undefined;
      }
      default:
        return skip(cursor);
    }
  }

  /** `again`: the image before was just read, and what has the same bytes has the same value. */
  private image(cursor: PayloadCursor, again: boolean): Row | null | undefined {
    const { bytes } = cursor;
    const { plan, starts, ends, columns: steps } = this;
    if (bytes[cursor.at] === NULL) return skipLiteral(cursor) ? null : undefined;
    if (!plan) return skip(cursor) ? null : undefined;
    const { columns } = plan;
    // A copy costs less than building anew what most often stays the same.
    const row: Record<string, Value> = again ? { ...this.before } : {};
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as PlannedColumn;
      const from = cursor.at;
      const length = (ends[i] as number) - (starts[i] as number);
      if (again && sameBytes(bytes, starts[i] as number, from, length)) cursor.at = from + length;
      else {
        if (!cursor.pass((steps[i] as Step).expected)) return undefined;
        const value = bytes[cursor.at] === NULL ? this.nullOf(column, cursor) : scanValue(column, cursor);
        if (value === undefined) return undefined;
        starts[i] = from;
        ends[i] = cursor.at;
        if (!column.isHidden) row[column.name] = value;
      }
    }
    if (bytes[cursor.at] !== CLOSE) return undefined;
    cursor.at += 1;
    return row;
  }

  private nullOf({ isNullable, nullDoubt }: PlannedColumn, cursor: PayloadCursor): null | undefined {
    if (!isNullable || !skipLiteral(cursor)) return undefined;
    if (nullDoubt !== undefined && this.plan) this.plan.doubts.reason ??= nullDoubt;
    return null;
  }

  private takeSource(cursor: PayloadCursor): boolean {
    for (const step of this.source) {
      if (!cursor.pass(step.expected)) return false;
      if (step.name === 'db') {
        if (!cursor.pass(this.db)) return false;
      } else if (step.name === 'table') {
        if (!cursor.pass(this.table)) return false;
      } else if (step.name === 'ts_ms') {
        const at = scanWhole(cursor);
        if (at === undefined || at < 0) return false;
        this.atMs = at;
      } else if (step.name === 'snapshot') {
        if (!this.takeSnapshot(cursor)) return false;
      } else if (!skip(cursor)) return false;
    }
    return this.close(cursor);
  }

  private takeSnapshot(cursor: PayloadCursor): boolean {
    if (cursor.bytes[cursor.at] === QUOTE) {
      const word = scanWord(cursor);
      this.isSnapshot = word !== 'false';
      return word !== undefined;
    }
    this.isSnapshot = cursor.bytes[cursor.at] === 0x74;
    return skipLiteral(cursor);
  }

  private takeTransaction(cursor: PayloadCursor): boolean {
    if (cursor.bytes[cursor.at] === NULL) return skipLiteral(cursor);
    for (const step of this.transaction) {
      if (!cursor.pass(step.expected)) return false;
      if (step.name === 'id') {
        const id = scanWord(cursor);
        if (id === undefined) return false;
        this.transactionId = id;
      } else if (step.name === 'total_order') {
        const order = scanWhole(cursor);
        if (order === undefined || order < 0) return false;
        this.order = order;
      } else if (!skip(cursor)) return false;
    }
    return this.transactionId !== null && this.close(cursor);
  }

  private close(cursor: PayloadCursor): boolean {
    if (cursor.bytes[cursor.at] !== CLOSE) return false;
    cursor.at += 1;
    return true;
  }
}

function stepsOf(names: readonly string[]): Step[] {
  return names.map((name, i) => ({ name, expected: Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`) }));
}

/** Name and value as in the image before, and the value ends there too. */
function sameBytes(bytes: Buffer, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  const behind = bytes[b + length];
  return behind === COMMA || behind === CLOSE;
}

function scanValue({ reader, isHidden }: PlannedColumn, cursor: PayloadCursor): Value | undefined {
  if (isHidden) return skip(cursor) ? null : undefined;
  return reader.scan(cursor);
}
