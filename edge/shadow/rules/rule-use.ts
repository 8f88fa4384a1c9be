import type { Comparison } from '../compare/difference.ts';
import { endOf } from './rule-book.ts';
import type { ComparisonRule } from './rule.ts';

/** What a rule did in a run. */
export interface RuleUse {
  /** Samples in which it forgave something. */
  readonly samples: number;
  /** Places at which it did. */
  readonly places: number;
  /** Different paths, up to one more than a rule should have. */
  readonly paths: readonly string[];
}

/** By a rule's place in the plan's list. */
export type RuleUses = Readonly<Record<string, RuleUse>>;

/**
 * used: as meant. unused: forgave nothing in a thousand samples and more, and can go. too-wide: forgives at so many paths
 * that nobody can have meant them all. expired: its last day is over; what it forgave are differences again.
 */
export type RuleState = 'used' | 'unused' | 'too-wide' | 'expired';

export interface RuleStanding extends RuleUse {
  readonly rule: ComparisonRule;
  readonly state: RuleState;
  /** Days until it expires; 0 on its last one and after it. */
  readonly daysLeft: number;
}

const ENOUGH_SAMPLES = 1000;
const MANY_PATHS = 20;
const DAY_MS = 86_400_000;
const NO_USE: RuleUse = { samples: 0, places: 0, paths: [] };

/** Adds what one comparison forgave. */
export function withIgnored(uses: RuleUses, { ignored }: Pick<Comparison, 'ignored'>): RuleUses {
  if (ignored.length === 0) return uses;
  const once: Record<string, RuleUse> = {};
  for (const { rule, path, count } of ignored) {
    const known = once[rule] ?? { ...NO_USE, samples: 1 };
    once[rule] = { ...known, places: known.places + count, paths: [...known.paths, path] };
  }
  return mergeUses(uses, once);
}

/** Of two parts of a run. */
export function mergeUses(one: RuleUses, other: RuleUses): RuleUses {
  const sums: Record<string, RuleUse> = { ...one };
  for (const [rule, { samples, places, paths }] of Object.entries(other)) {
    const known = sums[rule] ?? NO_USE;
    const all = [...new Set([...known.paths, ...paths])].slice(0, MANY_PATHS + 1);
    sums[rule] = { samples: known.samples + samples, places: known.places + places, paths: all };
  }
  return sums;
}

/** What each rule was good for in so many samples. */
export function ruleStandings(
  rules: readonly ComparisonRule[],
  uses: RuleUses,
  { samples, nowMs }: { readonly samples: number; readonly nowMs: number },
): RuleStanding[] {
  return rules.map((rule, index) => {
    const use = uses[index] ?? NO_USE;
    const daysLeft = Math.max(0, Math.ceil((endOf(rule) - nowMs) / DAY_MS) - 1);
    return { rule, state: stateOf(rule, use, samples, nowMs), daysLeft, ...use };
  });
}

/** These forgive nothing themselves: they say how fields are named and judged. */
const SILENT = new Set<ComparisonRule['rule']>(['severity', 'map', 'nested']);

function stateOf(rule: ComparisonRule, use: RuleUse, samples: number, nowMs: number): RuleState {
  if (endOf(rule) <= nowMs) return 'expired';
  if (use.paths.length > MANY_PATHS) return 'too-wide';
  return use.samples === 0 && samples >= ENOUGH_SAMPLES && !SILENT.has(rule.rule) ? 'unused' : 'used';
}
