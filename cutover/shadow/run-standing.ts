import type { Need, RouteVerdict } from '../../edge/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunRecord } from './run-record.ts';
import type { RunVerdict } from './run-verdict.ts';
import { rehearsedIn, type WriteNeed, type WriteVerdict } from './write-verdict.ts';

/** Where a unit's last run stands. */
export interface RunStanding extends RunVerdict {
  readonly run: RunRecord;
  /** The plan's rules are still those it was judged by. */
  readonly isCurrent: boolean;
}

/** What of a standing holds a step up; undefined when nothing does. */
export function whyNot({ isCurrent, routes, writes, run }: RunStanding): string | undefined {
  if (!isCurrent) return `the plan’s rules have changed since run ${run.name} began`;
  const told = [
    ...routes.map((route) => ({ ...route, why: whyOf(route) })),
    ...writes.map((write) => ({ ...write, why: whyOfWrite(write) })),
  ];
  const open = told.filter(({ verdict }) => verdict !== 'pass');
  const failed = open.filter(({ verdict }) => verdict === 'fail');
  const shown = failed.length > 0 ? failed : open;
  return shown.length > 0 ? shown.map(({ route, why }) => `${route}: ${why}`).join('; ') : undefined;
}

export function whyOf({ verdict, findings, mismatches, samples, missing, concludesInMs }: RouteVerdict): string {
  if (verdict === 'pass') return 'passes';
  const places = findings.map(({ class: kind, path }) => `${kind} ${path}`).join(', ');
  if (verdict === 'fail') return places || `${mismatches} mismatches in ${samples} samples`;
  const needs = missing.map(needText).join(', ');
  return concludesInMs === undefined ? needs : `${needs}, about ${durationText(concludesInMs)} more`;
}

/** The findings first: one of them tells more than how many writes are missing. */
export function whyOfWrite({ verdict, findings, different, samples, missing }: WriteVerdict): string {
  if (verdict === 'pass') return 'passes';
  const places = findings.map(({ kind, path }) => `${kind} ${path}`);
  const told = [...places, ...missing.map(needText)];
  return told.join(', ') || `${different} of ${samples} writes have other effects`;
}

export function limitText({ gates: { shadow }, apis }: Pick<Plan, 'gates' | 'apis'>): string {
  const { maxMismatchPercent, maxWriteMismatchPercent, confidencePercent } = shadow;
  const reads = `mismatch < ${maxMismatchPercent} % at ${confidencePercent} %, every read route`;
  const writes = `other effects < ${maxWriteMismatchPercent} %, every rehearsed write route`;
  return rehearsedIn({ apis }).length > 0 ? `${reads}; ${writes}` : reads;
}

function needText(need: Need | WriteNeed): string {
  switch (need.of) {
    case 'samples':
    case 'subjects':
    case 'shapes':
      return `${need.have} of ${need.need} ${need.of}`;
    case 'fewer-mismatches':
      return `${need.have} mismatches, ${percent(need.share)}`;
    case 'steadier-field':
      return `control differs from itself at ${need.path}: a rule is needed`;
    case 'seen-effects':
      return `of ${percent(need.share)} of the writes not all effects could be seen`;
    case 'less-lag':
      return `lag explains ${percent(need.share)}`;
  }
}

export function durationText(ms: number): string {
  if (ms < 90_000) return `${Math.ceil(ms / 1000)} s`;
  return ms < 5_400_000 ? `${Math.ceil(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
}
