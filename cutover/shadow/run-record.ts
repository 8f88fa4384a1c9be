import { createHash } from 'node:crypto';
import type { Sampling } from '../../edge/index.ts';
import type { Plan } from '../plan/plan.ts';

/** When a run ends by itself; whichever comes first. */
export interface RunTarget {
  /** Of every route, judged. */
  readonly samples?: number | undefined;
  readonly durationS?: number | undefined;
}

/** One run of mirroring: what was compared, how, and from when to when. */
export interface RunRecord {
  readonly id: string;
  readonly unit: string;
  /** Of its own within the unit. */
  readonly name: string;
  readonly sampling: Sampling;
  readonly target: RunTarget;
  /** Of sampling and the plan's rules: runs with the same digest compare the same way. */
  readonly digest: string;
  readonly who: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Why it ended. */
  readonly end?: RunEnd;
}

export type RunEnd = 'stopped' | 'duration' | 'samples' | 'unit-moved' | 'rules-changed';

export function digestOfRun(plan: Pick<Plan, 'comparison' | 'effects'>, sampling: Sampling): string {
  const { comparison = {}, effects } = plan;
  return createHash('sha256').update(JSON.stringify({ comparison, effects, sampling })).digest('hex');
}
