import { sameInColumn, type ColumnInfo, type Row, type Value } from '../../cdc/index.ts';
import type { EffectColumns, EffectValue, RowEffect } from '../../edge/index.ts';
import { placeOf, type ControlRow } from './control-rows.ts';
import { ruleOf, type EffectRule } from './effect-rule.ts';
import type { EffectFinding } from './finding.ts';
import { GeneratedKeys } from './generated-keys.ts';

/** What has to be known of a table of the service. */
export interface EffectTable {
  readonly columns: ReadonlyMap<string, ColumnInfo>;
  /** Its AUTO_INCREMENT column. */
  readonly counted: string | undefined;
}

export interface RowRules {
  readonly tables: ReadonlyMap<string, EffectTable>;
  readonly rules: readonly EffectRule[];
  /** `2026-11-21`; rules that have expired do not hold. */
  readonly today: string;
  /** How much later than legacy's write the service's rehearsal was: so much later its clock may say. */
  readonly lateMs: number;
}

/** A row of the candidate in the form of control's. */
export interface CandidateRow extends Omit<ControlRow, 'before'> {
  /** Undefined when nobody has seen it. */
  readonly before: Row | null | undefined;
}

/**
 * Compares rows by table and key. Keys that a database counts up differ between two runs: inserted rows of such a table
 * belong together by what else they hold, and each pair of keys stands for one key wherever it is named.
 */
export function compareRows(
  control: readonly ControlRow[],
  effects: readonly RowEffect[],
  rules: RowRules,
): EffectFinding[] {
  const comparison = new RowComparison(rules, mappedColumns(control));
  const candidate = effects.filter(({ table }) => rules.tables.has(table)).map(candidateRow);
  return comparison.compare(control, candidate);
}

class RowComparison {
  readonly #rules: RowRules;
  readonly #mapped: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #keys: GeneratedKeys;

  constructor(rules: RowRules, mapped: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#rules = rules;
    this.#mapped = mapped;
    const alike = (one: ControlRow, other: CandidateRow): number =>
      -this.#differing(one.table, one.after, other.after).length;
    this.#keys = new GeneratedKeys((table) => rules.tables.get(table)?.counted, alike);
  }

  compare(control: readonly ControlRow[], candidate: readonly CandidateRow[]): EffectFinding[] {
    const [was, would] = [control.filter((row) => this.#isEffect(row)), candidate.filter((row) => this.#isEffect(row))];
    this.#keys.pair(control, would);
    const left = new Map(would.map((row) => [placeOf(this.#keys.asControl(row)), row]));
    const findings = was.flatMap((row) => {
      const other = left.get(placeOf(row));
      left.delete(placeOf(row));
      return this.#compareRow(row, other);
    });
    return [...findings, ...[...left.values()].map(({ table }) => finding('additional-row', table))];
  }

  #compareRow(row: ControlRow, other: CandidateRow | undefined): EffectFinding[] {
    const { table, after } = row;
    if (!other || (other.after === null && after !== null)) return [finding('missing-row', table)];
    if (after === null) return other.after === null ? [] : [finding('additional-row', table)];
    return this.#differing(table, after, other.after).map((column) =>
      finding('different-column', `${table}.${column}`),
    );
  }

  /** Names of compared columns that are not the same. */
  #differing(table: string, one: Row | null, other: Row | null): string[] {
    if (!one || !other) return one === other ? [] : ['*'];
    return this.#comparedOf(table, one).filter((name) => !this.#isSame(table, name, one[name], other[name]));
  }

  /** A change of nothing but what is not compared is none. */
  #isEffect({ table, before, after }: CandidateRow): boolean {
    if (!before || !after) return before !== null || after !== null;
    const plain = this.#comparedOf(table, after).filter((name) => String(before[name]) !== String(after[name]));
    return plain.length > 0;
  }

  #comparedOf(table: string, row: Row): string[] {
    const mapped = this.#mapped.get(table);
    const { rules, today } = this.#rules;
    return Object.keys(row).filter(
      (name) => (mapped?.has(name) ?? true) && ruleOf(rules, table, name, today)?.rule !== 'drop',
    );
  }

  #isSame(table: string, name: string, one: Value = null, other: Value = null): boolean {
    const column = this.#rules.tables.get(table)?.columns.get(name);
    if (column && sameInColumn(column, one, other)) return true;
    if (this.#keys.isPair(one, other)) return true;
    const rule = ruleOf(this.#rules.rules, table, name, this.#rules.today);
    return rule?.rule === 'time' && isNear(laterMs(one, other), rule.toleranceMs, this.#rules.lateMs);
  }
}

function finding(kind: EffectFinding['kind'], path: string): EffectFinding {
  return { kind, path, count: 1 };
}

/** Columns, by table, that legacy's rows say something about. */
function mappedColumns(control: readonly ControlRow[]): Map<string, ReadonlySet<string>> {
  return new Map(control.map(({ table, before, after }) => [table, new Set(Object.keys(after ?? before ?? {}))]));
}

function isNear(laterMs: number, toleranceMs: number, lateMs: number): boolean {
  return laterMs >= -toleranceMs && laterMs <= lateMs + toleranceMs;
}

/** How much later the other one is; not a number unless both are points in time. */
function laterMs(one: Value, other: Value): number {
  const [a, b] = [one, other].map((value) =>
    typeof value === 'string' ? Date.parse(`${value.replace(' ', 'T')}Z`) : Number.NaN,
  );
  return (b ?? Number.NaN) - (a ?? Number.NaN);
}

function candidateRow({ table, key, before, after }: RowEffect): CandidateRow {
  return { table, key: rowOf(key), before: before && rowOf(before), after: after && rowOf(after) };
}

function rowOf(columns: EffectColumns): Row {
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf(value: EffectValue): Value {
  return value !== null && typeof value === 'object' ? Buffer.from(value.hex, 'hex') : value;
}
