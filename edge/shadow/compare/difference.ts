import type { Evidence } from './evidence.ts';

/**
 * What kind of difference it is, and how bad unless a rule says otherwise. `blocker` and `major` are mismatches;
 * `minor` is counted and shown, and holds nothing up.
 */
export const DIFFERENCE_CLASSES = {
  /** 2xx against 5xx: another outcome. */
  'status-class': 'blocker',
  status: 'blocker',
  /** Another Location. */
  redirect: 'blocker',
  'content-type': 'major',
  header: 'minor',
  /** A cookie that is set, its value aside. */
  cookie: 'major',
  /** The candidate leaves out a member that control has, null included. */
  missing: 'blocker',
  extra: 'minor',
  type: 'blocker',
  value: 'major',
  /** The same number, written otherwise: 1.0 and 1. */
  notation: 'minor',
  'duplicate-key': 'major',
  /** The same elements in another order. */
  order: 'major',
  /** More or fewer elements. */
  cardinality: 'major',
  /** Cannot be decoded: content-encoding or charset. */
  encoding: 'blocker',
  /** Not what its content type says. */
  malformed: 'blocker',
  /** Both are errors of the same status, and say it otherwise. */
  'error-shape': 'major',
  /** The candidate gave no answer in time. */
  timeout: 'blocker',
  /** The candidate's connection ended before its answer did. */
  unanswered: 'blocker',
  /** Beyond the limits of what is compared: counted, and never a pass. */
  'too-large': 'major',
} as const;

export type DifferenceClass = keyof typeof DIFFERENCE_CLASSES;
export type Severity = 'blocker' | 'major' | 'minor';

/** Where and how two answers are not the same; all places of one template and class together. */
export interface Difference {
  /** `status`, `header.location`, `cookie.sid`, `body`, or a field path such as `$.trips[*].fare`. */
  readonly path: string;
  readonly class: DifferenceClass;
  readonly severity: Severity;
  /** Places, at least 1. */
  readonly count: number;
  /** Of the first place. */
  readonly control: Evidence;
  readonly candidate: Evidence;
}

/** A difference that a rule of the plan forgives. */
export interface IgnoredDifference {
  readonly path: string;
  /** Which rule: its place in the plan's list. */
  readonly rule: number;
  readonly count: number;
}

/** What became of one comparison. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly ignored: readonly IgnoredDifference[];
  /** There were more than are listed. */
  readonly isCut: boolean;
}

export function isMismatch({ differences }: Comparison): boolean {
  return differences.some(({ severity }) => severity !== 'minor');
}
