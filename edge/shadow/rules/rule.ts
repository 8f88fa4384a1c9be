import type { DifferenceClass, Severity } from '../compare/difference.ts';

/** What a rule makes equal. Of several at one place each works on what the one before it left. */
export type Normaliser =
  /** Nothing there is compared, presence included. */
  | { readonly rule: 'drop' }
  /** Only what kind of value it is. */
  | { readonly rule: 'type-only' }
  /** A member that is null and one that is not there. */
  | { readonly rule: 'null-is-missing' }
  | { readonly rule: 'lower-case' }
  /** Runs of white space are one space, none at either end. */
  | { readonly rule: 'whitespace' }
  /** What the regular expression finds is replaced on both sides. */
  | { readonly rule: 'mask'; readonly pattern: string; readonly with?: string | undefined }
  | { readonly rule: 'round'; readonly digits: number }
  /** Numbers at most so far apart. */
  | { readonly rule: 'tolerance'; readonly by: number }
  /** Points in time at most so far apart: ISO 8601 (UTC where it names no zone), RFC 9110 dates, seconds, milliseconds. */
  | { readonly rule: 'time'; readonly toleranceMs: number }
  /** Elements of a list belong together by this member; their order is not compared. */
  | { readonly rule: 'by-key'; readonly key: string }
  /** The order of a list is not compared. */
  | { readonly rule: 'multiset' }
  /** Each id of control stands for one of the candidate and the other way round, throughout an answer; by space. */
  | { readonly rule: 'id-map'; readonly space: string }
  /** A string that holds JSON, as it is or in base64; its fields are at `<path>.$`. */
  | { readonly rule: 'nested'; readonly as: 'json' | 'base64-json' }
  /** An object whose keys are data: its fields are at `<path>.{key}`. */
  | { readonly rule: 'map' }
  /** How bad a difference there is, of one class or of all. */
  | { readonly rule: 'severity'; readonly severity: Severity; readonly class?: DifferenceClass | undefined };

/** Where a rule holds, and who answers for it until when. */
export interface RuleFacts {
  /** `GET /api/trips`, as under apis; absent: every route of the unit. */
  readonly route?: string | undefined;
  /** `status`, `header.x`, `cookie.x`, `body`, or `$.items[*].price`, `$..updatedAt`, `$.byId.{key}`. */
  readonly path: string;
  readonly owner: string;
  readonly reason: string;
  /** The last day it holds, `2027-01-31` (UTC). */
  readonly expires: string;
}

/** A rule of the plan that forgives a difference. */
export type ComparisonRule = Normaliser & RuleFacts;

/** How answers of a unit are compared. */
export interface ComparisonOptions {
  /** Headers that are compared, lower case, instead of the usual ones. */
  readonly headers?: readonly string[] | undefined;
  readonly rules?: readonly ComparisonRule[] | undefined;
  readonly keep?: KeptFields | undefined;
}

/** Fields whose values outlive the comparison of a run: sealed, of a few mismatches, for a time. */
export interface KeptFields {
  /** As differences name them: `$.trips[*].fare`. */
  readonly paths: readonly string[];
  /** Up to 168. */
  readonly hours: number;
  readonly owner: string;
  readonly reason: string;
}
