import type { Approvals } from '../approvals/approvals.ts';
import type { UnitStore } from '../control/control-store.ts';
import type { Gatekeeper } from '../judgement/gatekeeper.ts';
import { allPass, type GateResult } from '../judgement/gates.ts';
import type { Rehearsals } from '../rehearsal/rehearsals.ts';
import { noteRefusal, type Intent } from '../unit/intent.ts';
import { handoverName, type CohortMark, type Direction, type UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { DryRunHandover } from './dry-run.ts';
import { runHandover, type HandoverResult } from './handover.ts';
import type { HandoverCommand, HandoverPerformer } from './performer.ts';

/** A refusal is a result, not an exception: it lists every gate, failed or not. */
export type HandoverMove = HandoverResult | { readonly outcome: 'refused'; readonly gates: readonly GateResult[] };

/** Who is asked before ownership moves, and who moves it. */
export interface GatedParts {
  readonly store: UnitStore;
  readonly gatekeeper: Gatekeeper;
  readonly approvals: Approvals;
  readonly rehearsals: Rehearsals;
  readonly performer: HandoverPerformer;
}

/** Of a unit, or of one cohort of it, with what was judged of its rows. */
export interface GatedHandover {
  readonly runtime: UnitRuntime;
  readonly record: UnitRecord;
  readonly direction: Direction;
  readonly cohort?: CohortMark;
  readonly judged: readonly GateResult[];
}

/** Moves ownership where every gate lets it. A refusal is journalled; a dry run moves nothing. */
export async function performGated(
  parts: GatedParts,
  { runtime, record, direction, cohort, judged }: GatedHandover,
  intent: Intent,
  options: HandoverCommand,
): Promise<HandoverMove> {
  const gates = [...judged, ...(await signedGates(parts, runtime, direction, intent))];
  if (!allPass(gates)) {
    const name = handoverName({ direction, ...(cohort && { cohort }) });
    await noteRefusal(parts.store, record, name, intent, gates);
    return { outcome: 'refused', gates };
  }
  if (intent.dryRun) return runHandover(new DryRunHandover(runtime, record, direction, cohort), options);
  return parts.performer.perform(runtime, record, direction, intent, { ...options, ...(cohort && { cohort }) });
}

/** What the journal has to hold. The way back never waits for anybody's approval. */
async function signedGates(
  { rehearsals, approvals }: GatedParts,
  { unit }: UnitRuntime,
  direction: Direction,
  { who }: Intent,
): Promise<GateResult[]> {
  const step = direction === 'cutover' ? 'cutover' : undefined;
  return [...(await rehearsals.gates(unit, direction)), ...(await approvals.gates(unit, step, who))];
}
