import { isUsableKey } from '../../cdc/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { Intent } from '../unit/intent.ts';
import { servedKeys, type CohortMark, type Direction, type UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { nextState } from '../unit/unit-transition.ts';
import { performGated, type GatedParts, type HandoverMove } from './gated-handover.ts';
import type { HandoverCommand } from './performer.ts';

/** A cohort and the subjects that are in it now. */
export interface CohortMembers {
  readonly name: string;
  /** Of a return: nobody; it takes those back who have moved, whoever is in the cohort by now. */
  readonly members: readonly string[];
}

/** Every edge keeps them in memory, and every record names them. */
const MOST_KEYS = 1_000;

/** Moves the ownership of a cohort's rows by the steps of a cutover, and back by those of a rollback. */
export class CohortHandover {
  readonly #parts: GatedParts;

  constructor(parts: GatedParts) {
    this.#parts = parts;
  }

  /** Throws STAGE_REFUSED when this cohort cannot move from where the unit stands. */
  async perform(
    runtime: UnitRuntime,
    { name, members }: CohortMembers,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand,
  ): Promise<HandoverMove> {
    const record = await this.#parts.store.read(runtime.unit.plan.unit);
    const keys = direction === 'cutover' ? newKeys(record, members) : (record.cohorts?.[name] ?? []);
    const cohort = { name, keys };
    requirePossible(runtime, record, direction, cohort);
    // What a cutover of the whole unit asks for, and that both sides can make rows.
    const judged = await this.#parts.gatekeeper.judgeCohort(runtime, direction);
    return performGated(this.#parts, { runtime, record, direction, cohort, judged }, intent, options);
  }
}

/** Whoever has moved already stays where they are. */
function newKeys(record: UnitRecord, members: readonly string[]): string[] {
  const moved = new Set(servedKeys(record));
  return [...new Set(members)].filter((key) => !moved.has(key));
}

function requirePossible(runtime: UnitRuntime, record: UnitRecord, direction: Direction, cohort: CohortMark): void {
  const { unit } = record;
  const reason = refusalOf(runtime, record, direction, cohort);
  if (reason !== undefined) throw cutoverErrors.error('STAGE_REFUSED', { message: `${unit}: ${reason}` });
}

function refusalOf({ unit }: UnitRuntime, record: UnitRecord, direction: Direction, cohort: CohortMark) {
  if (!unit.plan.ownerKey) return 'its plan has no ownerKey, so its rows move together';
  const unusable = cohort.keys.filter((key) => !isUsableKey(key)).length;
  if (unusable > 0) return `${unusable} members of ${cohort.name} have ids that cannot be owner keys`;
  const count = servedKeys(record).length + cohort.keys.length;
  if (direction === 'cutover' && count > MOST_KEYS)
    return `${count} subjects would have moved; at most ${MOST_KEYS} can`;
  const probe = nextState(record, { type: 'begin', direction, who: '', reason: '', cohort });
  return 'refused' in probe ? probe.refused : undefined;
}
