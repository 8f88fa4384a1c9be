import { emptyRules, type RuleBook } from '../rules/rule-book.ts';
import type { Answer } from './answer.ts';
import { BodyComparison, type BodyLimits } from './compare-bodies.ts';
import { COMPARED_HEADERS, HeadComparison } from './compare-heads.ts';
import type { Comparison } from './difference.ts';
import { Findings } from './findings.ts';
import { JsonTape } from './json-tape.ts';
import { KeyIndex } from './key-index.ts';

export interface CompareLimits extends BodyLimits {
  /** Templates and classes listed of one pair of answers. */
  readonly maxDifferences: number;
}

export const defaultCompareLimits: CompareLimits = {
  maxDecodedBytes: 4 * 1024 * 1024,
  maxNodes: 200_000,
  maxDepth: 256,
  maxDifferences: 50,
};

export interface ComparerOptions {
  readonly rules?: RuleBook;
  /** Lower case; instead of the usual ones. */
  readonly headers?: readonly string[];
  readonly limits?: Partial<CompareLimits>;
}

/** A comparison waits for nothing and is over before the next begins: all share what they read into. */
const tapes = { control: new JsonTape(), candidate: new JsonTape(), index: new KeyIndex() };

/**
 * Compares the answers of one route. The same two answers and rules always give the same result: status first, then
 * headers of an allow-list, then bodies. Whatever an answer holds, the result is a comparison and never an exception.
 */
export class AnswerComparer {
  readonly #rules: RuleBook;
  readonly #headers: readonly string[];
  readonly #limits: CompareLimits;

  constructor({ rules = emptyRules, headers = COMPARED_HEADERS, limits = {} }: ComparerOptions = {}) {
    this.#rules = rules;
    this.#headers = headers;
    this.#limits = { ...defaultCompareLimits, ...limits };
  }

  compare(control: Answer, candidate: Answer): Comparison {
    const findings = new Findings(this.#limits.maxDifferences);
    const heads = new HeadComparison(findings, this.#rules);
    if (heads.compareStatus(control, candidate)) {
      heads.compareHeaders(control, candidate, this.#headers);
      new BodyComparison(findings, this.#rules, this.#limits, tapes).compare(control, candidate);
    }
    return findings.result();
  }
}
