import type { EffectReport, RewindRow } from './contract.ts';

/** A write that legacy took, as far as it helps to find it in legacy's log. */
export interface TakenWrite {
  readonly unit: string;
  /** The run it is part of. */
  readonly run: string;
  /** `POST /api/trips`, as the plan has it. */
  readonly route: string;
  /** The row it is about, when path or answer say so. */
  readonly id?: string;
  /** Milliseconds since the request came. */
  readonly ageMs: number;
}

/** `not-found`: nothing of the unit changed. `ambiguous`: several transactions fit. `overtaken`: a later one changed the same rows. */
export type Unjudged = 'not-found' | 'ambiguous' | 'overtaken';

export type Preparation =
  | { readonly kind: 'found'; readonly ticket: string; readonly rewind: readonly RewindRow[] }
  | { readonly kind: Unjudged };

export interface RehearsedWrite {
  readonly unit: string;
  readonly route: string;
  /** Of the preparation. */
  readonly ticket: string;
  readonly control: { readonly status: number };
  readonly candidate: { readonly status: number; readonly effects: EffectReport };
}

/** `unsure`: the candidate has changed something that could not be seen. */
export type EffectVerdict = 'equal' | 'different' | 'unsure' | Unjudged;

/**
 * Who can look into legacy's log, and knows what its rows are in the service. To be asked when everything up to the write
 * is applied.
 */
export interface EffectJudge {
  /** Finds legacy's own transaction, and says what its rows were before. */
  prepare(write: TakenWrite): Promise<Preparation>;
  judge(write: RehearsedWrite): Promise<EffectVerdict>;
}
