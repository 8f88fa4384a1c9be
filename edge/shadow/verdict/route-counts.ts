import type { DifferenceClass, Severity } from '../compare/difference.ts';
import { evidenceOfNoise } from './evidence-of-counts.ts';
import { mergeSketches, type DistinctSketch } from './distinct-sketch.ts';

/** One field of a route: a path and how it differed. What differs in another way is another field. */
export interface FieldCounts {
  readonly path: string;
  readonly class: DifferenceClass;
  readonly severity: Severity;
  /** In which place it was first seen to differ, from 1: the later, the more evidence is asked for. */
  readonly rank: number;
  /** Of samples in which control was asked twice: only the candidate differed from control. */
  readonly candidateOnly: number;
  /** Only control's second answer did. */
  readonly controlOnly: number;
  readonly both: number;
  /** The candidate differed where control was asked once. */
  readonly unpaired: number;
  /** The most evidence there ever was that the candidate is the worse: a finding stays one. */
  readonly peak: number;
}

/**
 * All that is known of a route in one run. The verdict is a function of these counts; they can be stored, and those of
 * several edges added.
 */
export interface RouteCounts {
  readonly route: string;
  /** Samples that count; repetitions do not. */
  readonly samples: number;
  /** Of them those in which control was asked twice. */
  readonly pairs: number;
  readonly repeated: number;
  /** Differed at first, and no longer when the copy had caught up. */
  readonly lagOnly: number;
  /** The copy did not catch up in time. */
  readonly unsettled: number;
  readonly subjects: DistinctSketch;
  readonly shapes: DistinctSketch;
  readonly fields: readonly FieldCounts[];
  /** Samples by which fields the candidate differed in: names of fields, sorted, by line breaks. Minor ones left out. */
  readonly mismatches: Readonly<Record<string, number>>;
  /** Mismatches in fields or combinations beyond what is kept one by one. */
  readonly crowded: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export function fieldName(field: { readonly class: DifferenceClass; readonly path: string }): string {
  return `${field.class} ${field.path}`;
}

/** Of two edges, in the same run. */
export function mergeCounts(one: RouteCounts, other: RouteCounts): RouteCounts {
  return {
    route: one.route,
    samples: one.samples + other.samples,
    pairs: one.pairs + other.pairs,
    repeated: one.repeated + other.repeated,
    lagOnly: one.lagOnly + other.lagOnly,
    unsettled: one.unsettled + other.unsettled,
    subjects: mergeSketches(one.subjects, other.subjects),
    shapes: mergeSketches(one.shapes, other.shapes),
    fields: mergeFields(one.fields, other.fields),
    mismatches: addCounts(one.mismatches, other.mismatches),
    crowded: one.crowded + other.crowded,
    firstAtMs: Math.min(one.firstAtMs, other.firstAtMs),
    lastAtMs: Math.max(one.lastAtMs, other.lastAtMs),
  };
}

/** Ranks are given anew, by what both knew first; evidence is that of the sums. */
function mergeFields(one: readonly FieldCounts[], other: readonly FieldCounts[]): FieldCounts[] {
  const merged = new Map<string, FieldCounts>(one.map((field) => [fieldName(field), field]));
  for (const field of other) merged.set(fieldName(field), addField(field, merged.get(fieldName(field))));
  return [...merged.values()]
    .toSorted((a, b) => a.rank - b.rank || (fieldName(a) < fieldName(b) ? -1 : 1))
    .map((field, i) => ({ ...field, rank: i + 1 }));
}

function addField(field: FieldCounts, known: FieldCounts | undefined): FieldCounts {
  if (!known) return field;
  const candidateOnly = field.candidateOnly + known.candidateOnly;
  const controlOnly = field.controlOnly + known.controlOnly;
  return {
    ...field,
    rank: Math.min(field.rank, known.rank),
    candidateOnly,
    controlOnly,
    both: field.both + known.both,
    unpaired: field.unpaired + known.unpaired,
    peak: evidenceOfNoise(candidateOnly, controlOnly),
  };
}

function addCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = { ...one };
  for (const [key, count] of Object.entries(other)) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}
