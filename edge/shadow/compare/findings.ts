import type { CompiledRule } from '../rules/compiled-rule.ts';
import { DIFFERENCE_CLASSES, type Comparison, type Difference, type DifferenceClass } from './difference.ts';
import type { IgnoredDifference, Severity } from './difference.ts';
import type { Evidence } from './evidence.ts';

type Counted<T extends { readonly count: number }> = Omit<T, 'count'> & { count: number };

/** Collects what a comparison finds: one entry per template and class, up to a limit. */
export class Findings {
  readonly #limit: number;
  readonly #differences = new Map<string, Counted<Difference>>();
  readonly #ignored = new Map<string, Counted<IgnoredDifference>>();
  #isCut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one more of a difference that is there already. */
  isKnown(path: string, kind: DifferenceClass): boolean {
    const known = this.#differences.get(kind + path);
    if (known) known.count++;
    return known !== undefined;
  }

  differ(path: string, kind: DifferenceClass, control: Evidence, candidate: Evidence, severity?: Severity): void {
    if (this.isKnown(path, kind)) return;
    if (this.#differences.size >= this.#limit) return void (this.#isCut = true);
    const how = severity ?? DIFFERENCE_CLASSES[kind];
    this.#differences.set(kind + path, { path, class: kind, severity: how, count: 1, control, candidate });
  }

  forgive({ index: rule }: CompiledRule, path: string): void {
    const key = `${rule} ${path}`;
    const known = this.#ignored.get(key);
    if (known) known.count++;
    else if (this.#ignored.size < this.#limit) this.#ignored.set(key, { path, rule, count: 1 });
  }

  result(): Comparison {
    return {
      differences: [...this.#differences.values()],
      ignored: [...this.#ignored.values()],
      isCut: this.#isCut,
    };
  }
}
