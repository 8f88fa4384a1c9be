import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { isMismatch, type Comparison, type Difference } from '../compare/difference.ts';
import { emptySketch, withHash, type DistinctSketch } from './distinct-sketch.ts';
import { evidenceOfNoise } from './evidence-of-counts.ts';
import { RepeatWindow } from './repeat-window.ts';
import { fieldName, type FieldCounts, type RouteCounts } from './route-counts.ts';

/** One read that was asked of both sides. */
export interface Sample {
  readonly atMs: number;
  /** Whose it was. */
  readonly subject: string;
  /** What was asked, with its values; one subject asking it again soon tells nothing new. */
  readonly question: string;
  /** Which parameters were there, without their values. */
  readonly shape: string;
  /** Of control's answer and the candidate's. */
  readonly candidate: Comparison;
  /**
   * Of control's answer and its second one, when it was asked twice. Whether it is must be decided before anything is
   * compared: asking again only because the candidate differs makes all noise look like its fault.
   */
  readonly control: Comparison | undefined;
}

export interface TallyLimits {
  /** A subject's same question counts once in so long. */
  readonly repeatWindowMs: number;
  /** Questions remembered. */
  readonly maxQuestions: number;
  /** Fields counted one by one. */
  readonly maxFields: number;
  /** Combinations of fields counted one by one. */
  readonly maxCombinations: number;
}

export const defaultTallyLimits: TallyLimits = {
  repeatWindowMs: 60_000,
  maxQuestions: 50_000,
  maxFields: 2_000,
  maxCombinations: 1_000,
};

const KNOWN_HASHES = 5_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Outcome = 'lagOnly' | 'unsettled';

/** Counts the samples of one route. Memory is bounded: what is beyond the limits is counted together. */
export class RouteTally {
  readonly #counts: Mutable<Omit<RouteCounts, 'fields' | 'mismatches'>>;
  readonly #fields = new Map<string, Mutable<FieldCounts>>();
  readonly #mismatches = new Map<string, number>();
  readonly #window: RepeatWindow;
  /** Of subjects and shapes, which come again and again. */
  readonly #hashes = new Map<string, number>();
  /** Taken up once: that is most of what a hash costs. */
  readonly #key: KeyObject;
  readonly #limits: TallyLimits;

  /** `key` hides subjects and questions in what is kept of them; the edges of a run have the same one. */
  constructor(route: string, key: Buffer, limits: TallyLimits = defaultTallyLimits) {
    this.#key = createSecretKey(key);
    this.#limits = limits;
    this.#window = new RepeatWindow({ windowMs: limits.repeatWindowMs, limit: limits.maxQuestions });
    const none = { samples: 0, pairs: 0, repeated: 0, lagOnly: 0, unsettled: 0, crowded: 0 };
    const times = { firstAtMs: Number.POSITIVE_INFINITY, lastAtMs: Number.NEGATIVE_INFINITY };
    this.#counts = { route, ...none, ...times, subjects: emptySketch, shapes: emptySketch };
  }

  /** False when it was a repetition. */
  add(sample: Sample): boolean {
    const { atMs, subject, question, shape } = sample;
    const counts = this.#counts;
    if (!this.#window.isNew(this.#hash(`${subject}\n${question}`), atMs)) {
      counts.repeated++;
      return false;
    }
    counts.samples++;
    if (sample.control) counts.pairs++;
    counts.firstAtMs = Math.min(counts.firstAtMs, atMs);
    counts.lastAtMs = Math.max(counts.lastAtMs, atMs);
    counts.subjects = this.#seen(counts.subjects, subject);
    counts.shapes = this.#seen(counts.shapes, shape);
    this.#count(sample);
    return true;
  }

  /** A sample that tells of the copy and nothing of the candidate. */
  note(outcome: Outcome): void {
    this.#counts[outcome]++;
  }

  counts(): RouteCounts {
    const fields = [...this.#fields.values()].map((field) => ({ ...field }));
    return { ...this.#counts, fields, mismatches: Object.fromEntries(this.#mismatches) };
  }

  #count({ candidate, control }: Sample): void {
    if (candidate.differences.length === 0 && (control?.differences.length ?? 0) === 0) return;
    const [ours, theirs] = [byName(candidate), byName(control)];
    // In an order that does not depend on who differed: a field's rank must not.
    const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted();
    for (const name of names) this.#countField(name, ours.get(name), theirs.get(name), control !== undefined);
    if (isMismatch(candidate)) this.#countMismatch([...ours.values()].filter(({ severity }) => severity !== 'minor'));
  }

  #countField(name: string, ours: Difference | undefined, theirs: Difference | undefined, isPair: boolean): void {
    const difference = ours ?? theirs;
    const field = difference && this.#field(name, difference);
    if (!field) return;
    if (!isPair) field.unpaired++;
    else if (ours && theirs) field.both++;
    else if (ours) field.candidateOnly++;
    else field.controlOnly++;
    field.peak = Math.max(field.peak, evidenceOfNoise(field.candidateOnly, field.controlOnly));
  }

  #field(name: string, { path, class: kind, severity }: Difference): Mutable<FieldCounts> | undefined {
    const known = this.#fields.get(name);
    if (known || this.#fields.size >= this.#limits.maxFields) return known;
    const none = { candidateOnly: 0, controlOnly: 0, both: 0, unpaired: 0, peak: 0 };
    const field = { path, class: kind, severity, rank: this.#fields.size + 1, ...none };
    this.#fields.set(name, field);
    return field;
  }

  #countMismatch(differences: readonly Difference[]): void {
    const names = differences.map(fieldName).toSorted();
    const combination = names.join('\n');
    const known = this.#mismatches.get(combination);
    const isKept = known !== undefined || this.#mismatches.size < this.#limits.maxCombinations;
    if (isKept && names.every((name) => this.#fields.has(name))) this.#mismatches.set(combination, (known ?? 0) + 1);
    else this.#counts.crowded++;
  }

  #seen(sketch: DistinctSketch, text: string): DistinctSketch {
    const hash = this.#hashes.get(text) ?? this.#hash(text);
    if (this.#hashes.size >= KNOWN_HASHES) this.#hashes.clear();
    this.#hashes.set(text, hash);
    return withHash(sketch, hash);
  }

  /** A whole number below 2^48. */
  #hash(text: string): number {
    return createHmac('sha256', this.#key).update(text).digest().readUIntBE(0, 6);
  }
}

function byName(comparison: Comparison | undefined): Map<string, Difference> {
  return new Map(comparison?.differences.map((one) => [fieldName(one), one]));
}
