import type { UnseenCallers } from '../callers/caller-watch.ts';
import type { GateResult, Verdict } from '../judgement/gates.ts';
import { durationText } from '../shadow/run-standing.ts';
import type { LegacyUse } from './legacy-use.ts';
import type { RetirementPlan } from './retirement-plan.ts';

/** What the journal says of the unit. */
export interface OwnedUnit {
  readonly unit: string;
  /** How long the service has owned the rows. */
  readonly ownedMs: number;
  /** How many brownouts went through all their steps in that time. */
  readonly brownouts: number;
}

/** What is known of anybody's use of legacy for a unit. */
export interface UseEvidence {
  readonly callers: UnseenCallers;
  readonly use: LegacyUse;
  readonly parked: number | undefined;
}

const DAY_MS = 86_400_000;
/** What was looked at longer ago says nothing of now. */
const FRESH_MS = 60_000;

/**
 * The gates before a unit is retired: it has been the service's for as long as the plan says, and in all that time nobody
 * asked legacy for its routes through an edge, nobody wrote to its tables of legacy, and nothing waits in a park. What
 * nobody watched is inconclusive.
 */
export function retirementGates(
  { unit, ownedMs, brownouts }: OwnedUnit,
  { quietDays, brownout }: RetirementPlan,
  { callers, use, parked }: UseEvidence,
  nowMs: number,
): GateResult[] {
  const quietMs = quietDays * DAY_MS;
  const limit = `none for ${durationText(quietMs)}`;
  const next = `banyan callers ${unit}`;
  return [
    {
      gate: 'owned',
      verdict: ownedMs >= quietMs ? 'pass' : 'fail',
      value: `for ${durationText(ownedMs)}`,
      limit: `for ${durationText(quietMs)}`,
      next: 'wait',
    },
    { gate: 'legacy requests', limit, next: 'move who still asks to the service', ...judgeUse(use, quietMs, nowMs) },
    { gate: 'unseen writes', limit, next, ...judgeCallers(callers, quietMs, nowMs) },
    judgeParked(unit, parked),
    ...(brownout ? [judgeBrownouts(unit, brownouts)] : []),
  ];
}

type Judged = { readonly verdict: Verdict; readonly value: string };

function judgeUse({ routes, since, lookedAt }: LegacyUse, quietMs: number, nowMs: number): Judged {
  const used = routes.filter(({ lastSeen }) => nowMs - Date.parse(lastSeen) < quietMs);
  const [latest] = used.toSorted((a, b) => b.lastSeen.localeCompare(a.lastSeen));
  if (latest) {
    const ago = durationText(nowMs - Date.parse(latest.lastSeen));
    return { verdict: 'fail', value: `${used.length} routes, ${latest.route} ${ago} ago` };
  }
  return watched(since, lookedAt, quietMs, nowMs);
}

function judgeCallers({ writes, since, lookedAt }: UnseenCallers, quietMs: number, nowMs: number): Judged {
  const recent = writes.filter(({ lastSeen }) => nowMs - Date.parse(lastSeen) < quietMs);
  const [latest] = recent;
  if (latest) {
    const ago = durationText(nowMs - Date.parse(latest.lastSeen));
    return { verdict: 'fail', value: `${latest.table}, ${ago} ago` };
  }
  return watched(since, lookedAt, quietMs, nowMs);
}

function watched(since: string | undefined, lookedAt: string | undefined, quietMs: number, nowMs: number): Judged {
  if (since === undefined || lookedAt === undefined) return { verdict: 'inconclusive', value: 'nobody has looked yet' };
  const lookedMs = nowMs - Date.parse(lookedAt);
  if (lookedMs > FRESH_MS) return { verdict: 'inconclusive', value: `last looked ${durationText(lookedMs)} ago` };
  const watchedMs = nowMs - Date.parse(since);
  const verdict = watchedMs >= quietMs ? 'pass' : 'inconclusive';
  return { verdict, value: `none, watched for ${durationText(watchedMs)}` };
}

function judgeBrownouts(unit: string, count: number): GateResult {
  const verdict = count > 0 ? 'pass' : 'fail';
  const next = `banyan brownout start ${unit}`;
  return { gate: 'brownout', verdict, value: `${count} to the end`, limit: '1 to the end', next };
}

function judgeParked(unit: string, parked: number | undefined): GateResult {
  const base = { gate: 'parked', limit: '0 changes', next: `banyan parked list ${unit}` };
  if (parked === undefined) return { ...base, verdict: 'inconclusive', value: 'unknown' };
  return { ...base, verdict: parked === 0 ? 'pass' : 'fail', value: `${parked} changes` };
}
