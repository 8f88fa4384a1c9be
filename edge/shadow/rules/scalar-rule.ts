import { readTime } from './read-time.ts';
import type { ComparisonRule } from './rule.ts';

/** How a rule sees single values: it rewrites each, or it says of two that they are near enough. */
export type ScalarRule =
  | { readonly rewrite: (text: string) => string }
  | { readonly isNear: (control: string, candidate: string) => boolean };

/** Longer texts are not searched: a regular expression may take more than linear time. */
const MASKED_CHARACTERS = 65_536;

/** Undefined for rules that are not about single values. */
export function normaliserOf(rule: ComparisonRule): ScalarRule | undefined {
  switch (rule.rule) {
    case 'lower-case':
      return { rewrite: (text) => text.toLowerCase() };
    case 'whitespace':
      return { rewrite: (text) => text.trim().replaceAll(/\s+/g, ' ') };
    case 'mask':
      return { rewrite: mask(rule.pattern, rule.with ?? '*') };
    case 'round':
      return { rewrite: (text) => rounded(text, rule.digits) };
    case 'tolerance':
      return { isNear: (control, candidate) => isWithin(numberOf(control), numberOf(candidate), rule.by) };
    case 'time':
      return { isNear: (control, candidate) => isWithin(readTime(control), readTime(candidate), rule.toleranceMs) };
    default:
      return undefined;
  }
}

/** The normalised pair, and the rule that made it equal where one did. */
export function equate(
  rules: readonly { readonly scalar: ScalarRule | undefined }[],
  control: string,
  candidate: string,
): number {
  let [left, right] = [control, candidate];
  return rules.findIndex(({ scalar }) => {
    if (!scalar) return false;
    if ('isNear' in scalar) return scalar.isNear(left, right);
    left = scalar.rewrite(left);
    right = scalar.rewrite(right);
    return left === right;
  });
}

function mask(pattern: string, by: string): (text: string) => string {
  const expression = new RegExp(pattern, 'gu');
  return (text) => (text.length > MASKED_CHARACTERS ? text : text.replaceAll(expression, by));
}

function rounded(text: string, digits: number): string {
  const number = numberOf(text);
  return number === undefined ? text : number.toFixed(digits);
}

function numberOf(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A distance that a double shows a hair too long still counts. */
function isWithin(control: number | undefined, candidate: number | undefined, by: number): boolean {
  if (control === undefined || candidate === undefined) return false;
  return Math.abs(control - candidate) <= by + 1e-9 * Math.max(Math.abs(control), Math.abs(candidate), 1);
}
