import { AnswerComparer, type ComparerOptions } from '../compare/answer-comparer.ts';
import type { Answer } from '../compare/answer.ts';
import type { Comparison } from '../compare/difference.ts';
import type { ComparisonRule, Normaliser } from '../rules/rule.ts';
import { RuleBook } from '../rules/rule-book.ts';

export const TODAY = Date.parse('2026-06-01T12:00:00Z');
const FACTS = { owner: 'ride-experience', reason: 'a test', expires: '2026-12-31' };

export function json(text: string, headers: readonly string[] = []): Answer {
  return typed('application/json', text, headers);
}

export function typed(type: string, body: string | Buffer, headers: readonly string[] = [], status = 200): Answer {
  return { status, headers: ['Content-Type', type, ...headers], body: Buffer.from(body) };
}

export function rule(path: string, normaliser: Normaliser, more: Partial<ComparisonRule> = {}): ComparisonRule {
  return { ...FACTS, path, ...normaliser, ...more } as ComparisonRule;
}

export function bookOf(...rules: ComparisonRule[]): RuleBook {
  return new RuleBook(rules, { route: 'GET /api/trips', nowMs: TODAY });
}

/** `value $.fare`, one line each. */
export function told({ differences }: Comparison): string[] {
  return differences.map((one) => `${one.class} ${one.path}`);
}

export function compare(control: Answer, candidate: Answer, options: ComparerOptions = {}): string[] {
  return told(new AnswerComparer(options).compare(control, candidate));
}

/** Of two JSON texts. */
export function compareJson(control: string, candidate: string, ...rules: ComparisonRule[]): string[] {
  return compare(json(control), json(candidate), { rules: bookOf(...rules) });
}
