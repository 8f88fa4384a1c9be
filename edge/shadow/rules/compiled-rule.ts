import type { DifferenceClass, Severity } from '../compare/difference.ts';
import type { ComparisonRule } from './rule.ts';
import { normaliserOf, type ScalarRule } from './scalar-rule.ts';

/** A rule made ready. */
export interface CompiledRule {
  /** Its place in the plan's list. */
  readonly index: number;
  readonly rule: ComparisonRule;
  readonly scalar: ScalarRule | undefined;
}

export function compileRule(rule: ComparisonRule, index: number): CompiledRule {
  return { index, rule, scalar: normaliserOf(rule) };
}

/** The rules of one place, sorted by what they are asked for. */
export class PlaceRules {
  readonly isEmpty: boolean;
  readonly drop: CompiledRule | undefined;
  readonly typeOnly: CompiledRule | undefined;
  readonly nullIsMissing: CompiledRule | undefined;
  readonly list: CompiledRule | undefined;
  readonly nested: CompiledRule | undefined;
  readonly idMap: CompiledRule | undefined;
  readonly isMap: boolean;
  readonly scalars: readonly CompiledRule[];
  readonly #severities: readonly ComparisonRule[];

  constructor(rules: readonly CompiledRule[]) {
    const first = (...names: ComparisonRule['rule'][]): CompiledRule | undefined =>
      rules.find(({ rule }) => names.includes(rule.rule));
    this.isEmpty = rules.length === 0;
    this.drop = first('drop');
    this.typeOnly = first('type-only');
    this.nullIsMissing = first('null-is-missing');
    this.list = first('by-key', 'multiset');
    this.nested = first('nested');
    this.idMap = first('id-map');
    this.isMap = first('map') !== undefined;
    this.scalars = rules.filter(({ scalar }) => scalar !== undefined);
    this.#severities = rules.map(({ rule }) => rule).filter(({ rule }) => rule === 'severity');
  }

  severityOf(kind: DifferenceClass): Severity | undefined {
    for (const rule of this.#severities)
      if (rule.rule === 'severity' && (rule.class === undefined || rule.class === kind)) return rule.severity;
    return undefined;
  }
}

export const noRules = new PlaceRules([]);
