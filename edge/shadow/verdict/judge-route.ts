import { distinctCount } from './distinct-sketch.ts';
import { evidenceAgainstShare, evidenceOfExcess } from './evidence-of-counts.ts';
import { isWithin, mismatchBound, samplesNeeded } from './mismatch-bound.ts';
import { fieldName, type FieldCounts, type RouteCounts } from './route-counts.ts';

/** What a route must show before its reads may move. */
export interface VerdictTarget {
  /** Mismatches are to be fewer than this share of the answers. */
  readonly mismatchLimit: number;
  /** The chance, over a whole run of one route, that its bound does not hold, or that a field is excused wrongly. */
  readonly alpha: number;
  /** The chance, over a whole run of one route, that anything is found where the service is right. */
  readonly findingAlpha: number;
  readonly minSubjects: number;
  /** Different sets of parameters. */
  readonly minShapes: number;
  /** Of all that were asked, the share the copy's lag may explain. */
  readonly maxLagShare: number;
}

export const defaultVerdictTarget: VerdictTarget = {
  mismatchLimit: 0.001,
  alpha: 0.05,
  findingAlpha: 0.01 / 4, // One run of a hundred, of four routes.
  minSubjects: 20,
  minShapes: 1,
  maxLagShare: 0.05,
};

/** What is still needed for a verdict. */
export type Need =
  | { readonly of: 'samples' | 'subjects' | 'shapes'; readonly have: number; readonly need: number }
  /** More mismatches than the limit allows, whose cause nobody has shown yet. */
  | { readonly of: 'fewer-mismatches'; readonly have: number; readonly share: number }
  /** Control differs from itself there: a rule is needed, or more samples asked twice. */
  | { readonly of: 'steadier-field'; readonly path: string; readonly have: number }
  | { readonly of: 'less-lag'; readonly share: number };

export interface RouteVerdict {
  readonly route: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly samples: number;
  /** Samples in which the candidate differs otherwise than control from itself. */
  readonly mismatches: number;
  /** With a confidence of 1 - alpha, at any time: no larger share of answers differs. */
  readonly mismatchBound: number;
  /** Fields in which the candidate is shown to differ more than control does from itself. */
  readonly findings: readonly FieldCounts[];
  /** Fields in which control differs from itself, and the candidate is shown to do so at most twice as much. */
  readonly unsteady: readonly FieldCounts[];
  readonly missing: readonly Need[];
  /** Until there are samples enough, if all goes on as it did; undefined when that is no matter of time. */
  readonly concludesInMs: number | undefined;
}

/** Pure: the same counts and target give the same verdict. Looking often costs nothing. */
export function judgeRoute(counts: RouteCounts, target: VerdictTarget = defaultVerdictTarget): RouteVerdict {
  const findings = counts.fields.filter((field) => isFinding(field, target));
  const unsteady = counts.fields.filter((field) => isExcused(field, target));
  const mismatches = countMismatches(counts, unsteady);
  const confidence = { limit: target.mismatchLimit, alpha: target.alpha };
  const missing = needsOf(counts, mismatches, unsteady, target);
  const isFailed = findings.length > 0 || isOverBudget(counts, mismatches, target);
  return {
    route: counts.route,
    verdict: isFailed ? 'fail' : missing.length > 0 ? 'inconclusive' : 'pass',
    samples: counts.samples,
    mismatches,
    mismatchBound: mismatchBound(mismatches, counts.samples, confidence),
    findings,
    unsteady,
    missing: isFailed ? [] : missing,
    concludesInMs: isFailed ? undefined : concludesIn(counts, mismatches, missing, target),
  };
}

/** Each field has its part of alpha; all parts together are alpha, however many fields there will be. */
export function partOf(alpha: number, rank: number): number {
  return alpha / (rank * (rank + 1));
}

function isFinding({ severity, peak, rank }: FieldCounts, { findingAlpha }: VerdictTarget): boolean {
  return severity !== 'minor' && peak >= -Math.log(partOf(findingAlpha, rank));
}

/** Of samples in which one of two differs it is the candidate in two of three when it is twice as unsteady. */
const TWICE_AS_UNSTEADY = 2 / 3;

/** Control itself differs there, and a candidate that is more than twice as unsteady is excluded. */
function isExcused(field: FieldCounts, { alpha }: VerdictTarget): boolean {
  const { candidateOnly, controlOnly, rank } = field;
  const either = candidateOnly + controlOnly;
  if (controlOnly === 0 || candidateOnly / either >= TWICE_AS_UNSTEADY) return false;
  const evidence = evidenceAgainstShare(candidateOnly, either, TWICE_AS_UNSTEADY, { a: 0.5, b: 0.5 });
  return evidence >= -Math.log(partOf(alpha, rank));
}

/** Samples with at least one difference that is not excused. */
function countMismatches(counts: RouteCounts, excused: readonly FieldCounts[]): number {
  const names = new Set(excused.map(fieldName));
  const isOpen = (combination: string): boolean => combination.split('\n').some((name) => !names.has(name));
  const open = Object.entries(counts.mismatches).filter(([combination]) => isOpen(combination));
  return open.reduce((sum, [, count]) => sum + count, counts.crowded);
}

/** Where control is never asked twice, whatever differs is the candidate's. */
function isOverBudget({ pairs, samples }: RouteCounts, mismatches: number, target: VerdictTarget): boolean {
  const { mismatchLimit, findingAlpha } = target;
  return pairs === 0 && evidenceOfExcess(mismatches, samples, mismatchLimit) >= -Math.log(findingAlpha);
}

function needsOf(
  counts: RouteCounts,
  mismatches: number,
  unsteady: readonly FieldCounts[],
  target: VerdictTarget,
): Need[] {
  const { samples } = counts;
  const { mismatchLimit: limit, alpha } = target;
  const needs: Need[] = [];
  if (!isWithin(mismatches, samples, { limit, alpha })) {
    const need = samplesNeeded(mismatches, samples, { limit, alpha });
    const share = mismatches / samples;
    needs.push(
      need === undefined ? { of: 'fewer-mismatches', have: mismatches, share } : { of: 'samples', have: samples, need },
    );
    needs.push(...steadierFields(counts, unsteady));
  }
  needs.push(...tooFew('subjects', distinctCount(counts.subjects), target.minSubjects));
  needs.push(...tooFew('shapes', distinctCount(counts.shapes), target.minShapes));
  const lagShare = lagShareOf(counts);
  if (lagShare > target.maxLagShare) needs.push({ of: 'less-lag', share: lagShare });
  return needs;
}

/** Fields that keep the bound up and in which control differs from itself as well. */
function steadierFields({ fields }: RouteCounts, unsteady: readonly FieldCounts[]): Need[] {
  return fields
    .filter((field) => field.severity !== 'minor' && field.controlOnly + field.both > 0 && !unsteady.includes(field))
    .map(({ path, controlOnly, both }) => ({ of: 'steadier-field', path, have: controlOnly + both }));
}

function tooFew(of: 'subjects' | 'shapes', have: number, need: number): Need[] {
  return have < need ? [{ of, have, need }] : [];
}

function lagShareOf({ samples, lagOnly, unsettled }: RouteCounts): number {
  const asked = samples + lagOnly + unsettled;
  return asked === 0 ? 0 : (lagOnly + unsettled) / asked;
}

function concludesIn(
  counts: RouteCounts,
  mismatches: number,
  missing: readonly Need[],
  { mismatchLimit: limit, alpha }: VerdictTarget,
): number | undefined {
  const need = samplesNeeded(mismatches, counts.samples, { limit, alpha });
  const tookMs = counts.lastAtMs - counts.firstAtMs;
  if (missing.some(({ of }) => of !== 'samples') || need === undefined || !(tookMs > 0)) return undefined;
  return Math.round((Math.max(0, need - counts.samples) / counts.samples) * tookMs);
}
