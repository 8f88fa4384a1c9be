import type { Numbering } from '../../cdc/index.ts';
import type { MeasuredTraffic } from './unit-judgement.ts';
import type { Plan } from '../plan/plan.ts';
import { limitText, whyNot, type RunStanding } from '../shadow/run-standing.ts';
import type { EdgeStanding, EdgeWaits, FlagStanding, ServiceStanding } from '../unit/unit-runtime.ts';

export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** One check before a step. Missing data is inconclusive and never passes. */
export interface GateResult {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly value: string;
  readonly limit: string;
  /** The command to run when it does not pass. */
  readonly next: string;
}

export interface MeasuredVerification {
  readonly ageMs: number;
  readonly rows: number;
  readonly wrong: number;
  readonly irreversible: number;
  readonly orphans?: number;
  readonly headroom?: number;
  /** Rows of which nothing is known. */
  readonly notVerified?: number;
  /** Percent. */
  readonly coverage?: number;
}

/** What was measured for a unit just now; absent means it could not be measured. */
export interface Measurements {
  readonly sync?: { readonly state: string; readonly ready: boolean };
  readonly lagMs?: number;
  /** How long ago the copy was last known to hold everything legacy held: what the edges go by. */
  readonly levelAgeMs?: number;
  readonly verification?: MeasuredVerification;
  readonly health?: { readonly ok: boolean; readonly detail: string };
  /** Changes in the park and dead letters, of both directions. */
  readonly parked?: number;
  /** Every edge that may be carrying requests. */
  readonly edges?: readonly EdgeStanding[];
  /** Of the edge whose flags were confirmed longest ago. */
  readonly flags?: FlagStanding;
  /** The last run of mirroring. */
  readonly shadow?: RunStanding;
  readonly waits?: EdgeWaits;
  readonly service?: ServiceStanding;
  /** Reads of the last minute, and those that markers kept on the owner. */
  readonly pinned?: { readonly reads: number; readonly pinned: number };
  /** How the service does beside legacy since the rung began. */
  readonly traffic?: MeasuredTraffic;
  /** Whether both sides can make rows at once; of a unit with owner keys. */
  readonly numbering?: Numbering;
  readonly reverse?: {
    readonly armed: boolean;
    readonly rehearsalAgeMs?: number;
    /** Legacy against the inverse of the service's rows. */
    readonly verification?: MeasuredVerification;
  };
}

export type GateName =
  | 'sync'
  | 'lag'
  | 'verification'
  | 'health'
  | 'shadow'
  | 'flags'
  | 'parked'
  | 'numbering'
  | 'reverse'
  | 'edges'
  | 'pinned'
  | 'errors'
  | 'slow';

/** A rehearsal row older than this says nothing about the reverse stream as it runs now. */
const rehearsalMaxAgeMs = 60 * 60_000;

type Judge = (plan: Plan, measured: Measurements) => GateResult;

const judges: Record<GateName, Judge> = {
  sync: (plan, { sync }) => result('sync', sync && sync.ready, sync?.state, 'streaming', `banyan status ${plan.unit}`),
  lag: (plan, { lagMs }) => {
    const limit = plan.gates.lag.maxMs;
    const passed = lagMs === undefined ? undefined : lagMs <= limit;
    return result(
      'lag',
      passed,
      lagMs === undefined ? undefined : `${lagMs} ms`,
      `at most ${limit} ms`,
      `banyan status ${plan.unit}`,
    );
  },
  verification: (plan, { verification }) => judgeVerification(plan, verification),
  health: (plan, { health }) =>
    result(
      'health',
      health?.ok,
      health?.detail,
      'the service answers /healthz and /readyz',
      `banyan doctor ${plan.unit}`,
    ),
  shadow: (plan, { shadow }) => judgeShadow(plan, shadow),
  flags: (plan, { flags }) =>
    result(
      'flags',
      flags && !flags.isStale,
      flags && `confirmed ${(flags.ageMs / 1000).toFixed(1)} s ago`,
      'every edge hears from where its flags come from',
      `banyan status ${plan.unit}`,
    ),
  parked: (plan, { parked }) =>
    result(
      'parked',
      parked === undefined ? undefined : parked === 0,
      parked === undefined ? undefined : `${parked} waiting`,
      'no parked changes and no dead letters',
      `banyan parked list ${plan.unit}`,
    ),
  numbering: (plan, { numbering }) =>
    result(
      'numbering',
      numbering?.isDisjoint,
      numbering?.detail,
      'auto_increment_increment of at least 2 on both servers, with other offsets',
      `banyan doctor ${plan.unit}`,
    ),
  reverse: (plan, { reverse }) => judgeReverse(plan, reverse),
  edges: (_plan, { edges }) => judgeEdges(edges),
  pinned: (plan, { pinned }) => judgePinned(plan, pinned),
  errors: (plan, { traffic }) => judgeTraffic(plan, 'errors', traffic),
  slow: (plan, { traffic }) => judgeTraffic(plan, 'slow', traffic),
};

/** Judges the named gates in order, those the plan asks for. Pure: the measurements come in. */
export function judgeGates(names: readonly GateName[], plan: Plan, measured: Measurements): GateResult[] {
  const asked = names.filter((name) => !isOptional(name) || plan.gates[name] !== undefined);
  return asked.map((name) => judges[name](plan, measured));
}

function isOptional(name: GateName): name is 'pinned' | 'errors' | 'slow' {
  return name === 'pinned' || name === 'errors' || name === 'slow';
}

export function allPass(gates: readonly GateResult[]): boolean {
  return gates.every((gate) => gate.verdict === 'pass');
}

/** Which gates stand before a step. */
export const gatesFor: Readonly<Record<'shadow' | 'canary' | 'reads' | 'cutover' | 'rollback', readonly GateName[]>> = {
  shadow: ['sync', 'health'],
  // Who was taken out of a cohort meanwhile is unknown to an edge with stale flags: nothing is raised then.
  canary: ['sync', 'lag', 'health', 'shadow', 'flags', 'verification'],
  reads: ['sync', 'lag', 'health', 'shadow', 'flags', 'verification', 'pinned', 'errors', 'slow'],
  cutover: ['sync', 'lag', 'health', 'parked', 'verification', 'reverse', 'edges'],
  rollback: ['sync', 'lag', 'parked', 'edges'],
};

function judgeVerification(plan: Plan, measured: Measurements['verification']): GateResult {
  const maxMinutes = plan.gates.verification.maxAgeMinutes;
  const limit = `0 wrong, 0 irreversible, at most ${maxMinutes} min old`;
  const next = `banyan verify ${plan.unit}`;
  if (!measured) return result('verification', undefined, undefined, limit, next);
  const { ageMs, rows, wrong, irreversible } = measured;
  const remarks = remarksOn(measured);
  const value = [
    `${wrong} wrong and ${irreversible} irreversible of ${rows} rows, ${Math.round(ageMs / 60_000)} min old`,
    ...remarks,
  ].join(', ');
  const isBad = wrong + irreversible + badBesides(measured) > 0 || ageMs > maxMinutes * 60_000;
  return result('verification', isBad ? false : isWhole(measured) || undefined, value, limit, next);
}

/** Rows that were not looked at are neither right nor wrong. */
function isWhole({ notVerified = 0, coverage = 100 }: MeasuredVerification): boolean {
  return notVerified === 0 && coverage >= 100;
}

function badBesides({ orphans = 0, headroom = 0 }: MeasuredVerification): number {
  return orphans + headroom;
}

function remarksOn({ orphans = 0, headroom = 0, notVerified = 0, coverage = 100 }: MeasuredVerification): string[] {
  return [
    ...(orphans > 0 ? [`${orphans} rows without their parent`] : []),
    ...(headroom > 0 ? [`${headroom} tables whose next id is taken`] : []),
    ...(notVerified > 0 ? [`${notVerified} not verified`] : []),
    ...(coverage < 100 ? [`${coverage} % covered`] : []),
  ];
}

/** A finding holds although the rules have changed since: only a run under the new ones takes it back. */
function judgeShadow(plan: Plan, standing: Measurements['shadow']): GateResult {
  const limit = limitText(plan);
  const next = `banyan shadow report ${plan.unit}`;
  if (!standing) return result('shadow', undefined, 'no run yet', limit, `banyan shadow start ${plan.unit}`);
  const { run, routes, writes, verdict, isCurrent } = standing;
  const value = `run ${run.name}: ${whyNot(standing) ?? `all ${routes.length + writes.length} routes pass`}`;
  const passed = verdict === 'fail' ? false : (verdict === 'pass' && isCurrent) || undefined;
  return result('shadow', passed, value, limit, next);
}

function judgeReverse(plan: Plan, measured: Measurements['reverse']): GateResult {
  const limit = 'armed, a rehearsal row carried within the last hour, 0 wrong the other way round';
  const next = `banyan verify ${plan.unit} --direction reverse`;
  const judge = (passed: boolean | undefined, value?: string): GateResult =>
    result('reverse', passed, value, limit, next);
  if (!measured) return judge(undefined);
  if (!measured.armed) return judge(false, 'not armed');
  if (measured.rehearsalAgeMs === undefined) return judge(undefined, 'no rehearsal row arrived yet');
  if (!measured.verification) return judge(undefined, 'never verified');
  const { wrong, rows } = measured.verification;
  const value = [
    `rehearsed ${Math.round(measured.rehearsalAgeMs / 1000)} s ago, ${wrong} wrong of ${rows} rows`,
    ...remarksOn(measured.verification),
  ].join(', ');
  const isBad = wrong + badBesides(measured.verification) > 0 || measured.rehearsalAgeMs > rehearsalMaxAgeMs;
  return judge(isBad ? false : isWhole(measured.verification) || undefined, value);
}

/** Beyond the limit the next step would show the copy to hardly anybody, and say nothing about it. */
function judgePinned(plan: Plan, measured: Measurements['pinned']): GateResult {
  const { maxPercent = 100 } = plan.gates.pinned ?? {};
  const percent = measured && measured.reads > 0 ? (100 * measured.pinned) / measured.reads : 0;
  const value = measured && `${percent.toFixed(1)} % of ${measured.reads} reads of the last minute`;
  const passed = measured && percent <= maxPercent;
  const limit = `at most ${maxPercent} % kept on legacy by markers`;
  return result('pinned', passed, value, limit, `banyan status ${plan.unit}`);
}

/** By a test that may be looked at at any time; see `judgement/evidence.ts`. */
function judgeTraffic(plan: Plan, gate: 'errors' | 'slow', measured: MeasuredTraffic | undefined): GateResult {
  const { falseRollback = 0.01, minRequests = 0 } = plan.gates[gate] ?? {};
  const highest = 1 / falseRollback;
  const limit = `evidence below ${highest} in at least ${minRequests} requests`;
  const next = `banyan status ${plan.unit}`;
  if (!measured) return result(gate, undefined, undefined, limit, next);
  const { service, legacy } = measured;
  const bad = gate === 'errors' ? 'failed' : 'slow';
  const shares = `${service[bad]} of ${service.requests} ${bad}, of legacy ${legacy[bad]} of ${legacy.requests}`;
  const passed = measured[gate] >= highest ? false : service.requests >= minRequests || undefined;
  return result(gate, passed, `evidence ${measured[gate].toFixed(1)}: ${shares}`, limit, next);
}

/** One that is silent may be carrying writes to the side that is about to lose the rows. */
function judgeEdges(edges: Measurements['edges'] = []): GateResult {
  const silent = edges.filter(({ silentMs }) => silentMs !== undefined);
  const said = silent.map(({ name, silentMs = 0 }) => `${name} silent for ${Math.round(silentMs / 1000)} s`);
  const passed = edges.length === 0 ? undefined : silent.length === 0;
  const value = silent.length > 0 ? said.join(', ') : edges.length > 0 ? `${edges.length} connected` : undefined;
  return result('edges', passed, value, 'every edge connected, or known to be gone', 'banyan edges');
}

function result(
  gate: GateName,
  passed: boolean | undefined,
  value: string | undefined,
  limit: string,
  next: string,
): GateResult {
  const verdict = passed === undefined ? 'inconclusive' : passed ? 'pass' : 'fail';
  return { gate, verdict, value: value ?? 'not measured', limit, next };
}
