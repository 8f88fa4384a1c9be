import type { Row, Value } from '../../cdc/index.ts';
import type { CandidateRow } from './compare-rows.ts';
import type { ControlRow } from './control-rows.ts';

/** Which generated key of the candidate stands for which one of control. */
export class GeneratedKeys {
  readonly #countedOf: (table: string) => string | undefined;
  /** Bigger is more alike. */
  readonly #alike: (one: ControlRow, other: CandidateRow) => number;
  /** By table and candidate's key. */
  readonly #own = new Map<string, string>();
  /** Whatever table they are of. */
  readonly #all = new Map<string, Set<string>>();

  constructor(
    countedOf: (table: string) => string | undefined,
    alike: (one: ControlRow, other: CandidateRow) => number,
  ) {
    this.#countedOf = countedOf;
    this.#alike = alike;
  }

  /** Pairs inserted rows of tables whose keys are counted up: the most alike first, then in the order they came. */
  pair(control: readonly ControlRow[], candidate: readonly CandidateRow[]): void {
    const left = candidate.filter((row) => this.#isGenerated(row));
    for (const row of control.filter((one) => this.#isGenerated(one))) {
      const others = left.filter(({ table }) => table === row.table);
      const [best] = others.toSorted((a, b) => this.#alike(row, b) - this.#alike(row, a));
      if (!best) continue;
      left.splice(left.indexOf(best), 1);
      this.#keep(row.table, this.#keyOf(best), this.#keyOf(row));
    }
  }

  isPair(control: Value, candidate: Value): boolean {
    return candidate !== null && this.#all.get(String(candidate))?.has(String(control)) === true;
  }

  /** The row with control's keys in place of its own. */
  asControl(row: CandidateRow): CandidateRow {
    const key: Row = Object.fromEntries(
      Object.entries(row.key).map(([name, value]) => [name, this.#controlKey(row.table, String(value)) ?? value]),
    );
    return { ...row, key };
  }

  #controlKey(table: string, candidate: string): string | undefined {
    const [any] = this.#all.get(candidate) ?? [];
    return this.#own.get(`${table} ${candidate}`) ?? any;
  }

  #keep(table: string, candidate: string, control: string): void {
    this.#own.set(`${table} ${candidate}`, control);
    this.#all.set(candidate, (this.#all.get(candidate) ?? new Set()).add(control));
  }

  #isGenerated({ table, before }: CandidateRow): boolean {
    return before === null && this.#countedOf(table) !== undefined;
  }

  #keyOf({ table, key, after }: CandidateRow): string {
    const counted = this.#countedOf(table) ?? '';
    return String(key[counted] ?? after?.[counted]);
  }
}
