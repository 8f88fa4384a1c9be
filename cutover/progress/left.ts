import type { UnseenCallers } from '../callers/caller-watch.ts';
import type { Plan } from '../plan/plan.ts';
import { servedKeys, type UnitRecord } from '../unit/unit-record.ts';

/** How many of all there are have still to leave legacy. */
export interface Tally {
  readonly left: number;
  readonly of: number;
}

/** Who still writes legacy's tables directly. */
export interface CallersLeft {
  /** `user@host`, several of which one did, or `unknown`: each once. */
  readonly users: readonly string[];
  /** False while nobody can tell whether there are more. */
  readonly isWatched: boolean;
}

/** What of a unit, or of several, still leads to legacy; travels as JSON. */
export interface Left {
  /** Routes that write rows of legacy. */
  readonly writes: Tally;
  /** Owner keys of cohorts whose rows the service owns already, while these routes write legacy's for all others. */
  readonly movedKeys: number;
  /** Legacy's tables that legacy owns. */
  readonly tables: Tally;
  readonly callers: CallersLeft;
  /** Flags that are there and go with the unit's retirement; absent while no set of flags is known. */
  readonly flags?: number;
}

/** What is known of a unit beside its record. */
export interface UnitEvidence {
  readonly callers: UnseenCallers;
  readonly flags?: number;
}

type Declared = Pick<Plan, 'apis' | 'dataOwnership' | 'retirement'>;

const DAY_MS = 86_400_000;
/** What was looked at longer ago says nothing of now. */
const FRESH_MS = 60_000;

/** Of a retired unit nothing is left, whoever still reaches for what legacy has kept of it. */
export function leftOf(plan: Declared, record: UnitRecord, { callers, flags }: UnitEvidence, nowMs: number): Left {
  const { owner, stage } = record;
  const writes = plan.apis.filter(({ access }) => access === 'write').length;
  const tables = plan.dataOwnership.legacy.tables.length;
  const ofLegacy = (of: number): Tally => ({ left: owner === 'legacy' ? of : 0, of });
  const owned = { writes: ofLegacy(writes), movedKeys: servedKeys(record).length, tables: ofLegacy(tables) };
  if (stage.name === 'retired') return { ...owned, callers: { users: [], isWatched: true }, flags: 0 };
  return { ...owned, callers: callersLeft(callers, plan, nowMs), ...(flags !== undefined && { flags }) };
}

/** Whoever has been quiet for as long as the plan wants of all of them is not counted any more. */
function callersLeft({ writes, lookedAt, openPercent }: UnseenCallers, plan: Declared, nowMs: number): CallersLeft {
  const quietMs = (plan.retirement?.quietDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
  const lately = writes.filter(({ lastSeen }) => nowMs - Date.parse(lastSeen) < quietMs);
  const isFresh = lookedAt !== undefined && nowMs - Date.parse(lookedAt) <= FRESH_MS;
  return {
    users: [...new Set(lately.map(({ users }) => users.join(', ') || 'unknown'))],
    isWatched: isFresh && openPercent !== null && openPercent > 0,
  };
}

/** What is left of several units together. A caller of two of them is one caller. */
export function sumOf(units: readonly Left[]): Left {
  const flags = units.map((unit) => unit.flags);
  const areKnown = flags.every((count) => count !== undefined);
  return {
    writes: sumOfTallies(units.map(({ writes }) => writes)),
    movedKeys: sum(units.map(({ movedKeys }) => movedKeys)),
    tables: sumOfTallies(units.map(({ tables }) => tables)),
    callers: {
      users: [...new Set(units.flatMap(({ callers }) => callers.users))],
      isWatched: units.every(({ callers }) => callers.isWatched),
    },
    ...(areKnown && { flags: sum(flags) }),
  };
}

function sumOfTallies(tallies: readonly Tally[]): Tally {
  return { left: sum(tallies.map(({ left }) => left)), of: sum(tallies.map(({ of }) => of)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
