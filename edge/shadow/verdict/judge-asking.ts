import type { Comparison, Difference, DifferenceClass } from '../compare/difference.ts';

/** What was found when both sides were asked once. */
export interface Asking {
  /** Of control's answer and the candidate's. */
  readonly candidate: Comparison;
  /** Of control's answer and another one of its own, given after the candidate's or together with it. */
  readonly control: Comparison | undefined;
  /** All that control's answer can have shown was applied to the copy before the candidate was asked. */
  readonly isApplied: boolean;
  /** Something of the unit was written between control's answer and the candidate's. */
  readonly hasMoved: boolean;
}

export type Judgement =
  /** It counts, match or mismatch: as a sample with both comparisons. */
  | { readonly kind: 'count' }
  /** To be asked again once the copy has caught up. */
  | { readonly kind: 'park' }
  /** The copy's lag explained all of it. */
  | { readonly kind: 'lag-only' }
  /** The copy did not catch up: nothing can be said. */
  | { readonly kind: 'unsettled' };

/**
 * Says whether a difference may be lag. Only what rows can explain is asked again: a candidate that fails now and then
 * must not be taken for one that was late. Askings are numbered from 0; `last` is the number of the last one.
 */
export function judgeAsking(asking: Asking, number: number, last: number): Judgement {
  const own = steadyDifferences(asking);
  if (own.length === 0) return { kind: isEqual(asking) && number > 0 ? 'lag-only' : 'count' };
  if (!own.every(canBeLag)) return { kind: 'count' };
  const isExplained = !asking.isApplied || (asking.hasMoved && asking.control === undefined);
  if (!isExplained) return { kind: 'count' };
  return { kind: number < last ? 'park' : 'unsettled' };
}

/** Without those that control's second answer has as well: noise or a row that just changes, and for the tally to count. */
export function steadyDifferences({ candidate, control }: Asking): Difference[] {
  const noisy = new Set(control?.differences.map((one) => `${one.class} ${one.path}`));
  return candidate.differences.filter((one) => one.severity !== 'minor' && !noisy.has(`${one.class} ${one.path}`));
}

function isEqual({ candidate }: Asking): boolean {
  return candidate.differences.every(({ severity }) => severity === 'minor');
}

/** Classes that another state of the rows can bring about. */
const OF_ROWS: ReadonlySet<DifferenceClass> = new Set([
  'status-class',
  'status',
  'redirect',
  'missing',
  'extra',
  'value',
  'order',
  'cardinality',
  'error-shape',
]);

/** A row that is not there yet is a 404, never a 500. */
export function canBeLag({ class: kind, candidate }: Difference): boolean {
  const isFailure = kind === 'status-class' && candidate.reveal().toString().startsWith('5');
  return OF_ROWS.has(kind) && !isFailure;
}
