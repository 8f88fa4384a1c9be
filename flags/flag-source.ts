import type { FeatureSet } from './feature-set.ts';
import type { FlagFailure } from './flag-provider.ts';

/** One place flags come from, without the evaluation. It tells a sink what it finds, from `start` to `stop`. */
export interface FlagSource {
  /** For messages: a path, or the address of a server. */
  readonly name: string;
  /** For longer than this it is never silent while all is well. */
  readonly staleAfterMs: number;
  /** Resolves when the source was asked once, whether it answered or not. */
  start(sink: FlagSink): Promise<void>;
  stop(): Promise<void>;
}

export interface FlagSink {
  /** The set in use, whoever gave it. */
  features(): FeatureSet | undefined;
  /** A good set, as it was `ageMs` ago. */
  take(set: FeatureSet, ageMs?: number): void;
  /** The set in use was still the newest `ageMs` ago. */
  confirm(ageMs?: number): void;
  /** No set, and why: `problem` for people. */
  fail(reason: FlagFailure, problem: string): void;
}
