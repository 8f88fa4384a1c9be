import type { FeatureSet } from './feature-set.ts';
import type { Subject } from './subject.ts';

/**
 * Where flags come from: a watched file or an Unleash server. Both evaluate with unleash-client's own code.
 *
 * Promises: evaluation never does I/O and never throws; an unknown flag is off; the last good set is kept when the
 * source is gone or answers garbage, and while it is stale no flag goes on by itself; the same subject gets the same
 * answer until the set changes, so a flag that draws lots per call counts as off.
 */
export interface FlagProvider {
  isEnabled(flag: string, subject: Subject): boolean;
  /** True when the flag is off for everybody: absent, or switched off as a whole. */
  isOff(flag: string): boolean;
  /** Names the set in use; changes with every change of a flag. */
  revision(): string;
  /** The set in use; undefined while there never was one. */
  features(): FeatureSet | undefined;
  health(): FlagHealth;
  /** Calls back after each change of the set. Returns the way to stop. */
  onChange(listener: () => void): () => void;
  /** Resolves when the source was asked once, whether it answered or not. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** How much the set in use can be trusted. */
export interface FlagHealth {
  /** Milliseconds since the set was last known to be current. */
  readonly ageMs: number;
  /** True when that is longer ago than the source may be silent. */
  readonly isStale: boolean;
  /** How often the source failed, by reason, since the start. */
  readonly failures: Readonly<Partial<Record<FlagFailure, number>>>;
}

/** Why a source gave no set. Bounded: a metric's label. */
export type FlagFailure =
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | 'unauthorized'
  | 'not-found'
  | 'rate-limited'
  | 'server-error'
  | 'unexpected-answer'
  | 'too-large'
  | 'invalid';
