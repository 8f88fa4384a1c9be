import type { JournalEntry } from '../journal/journal-entry.ts';
import { isForwards, type Stage } from '../stage.ts';

export interface Period {
  readonly fromMs: number;
  /** Itself not in the period. */
  readonly untilMs: number;
}

/**
 * The four figures of DORA for moving units. A deployment is a step that sends more users to the service, or gives it the
 * rows: a rung, `reads`, a cutover. Times are milliseconds; absent is what there was nothing to compute from.
 */
export interface Delivery {
  /** `*` is all units together. */
  readonly unit: string;
  readonly deployments: number;
  readonly perWeek: number;
  /** Median of the time from the step before to the deployment: what it waited for samples, gates and people. */
  readonly leadTimeMs?: number;
  /** Deployments that a step back, a rollback or a kill followed before the next deployment. */
  readonly failed: number;
  readonly changeFailureRate?: number;
  /** Median of the time from a failed deployment to what took it back. */
  readonly restoreMs?: number;
}

interface Deployment {
  readonly atMs: number;
  readonly leadMs?: number;
  restoredMs?: number;
}

const WEEK_MS = 7 * 86_400_000;

/** Of each unit that was deployed, by name, and of all together. Lines may be of any period, oldest first. */
export function deliveryOf(entries: readonly JournalEntry[], period: Period): Delivery[] {
  const ofUnits = Map.groupBy(
    entries.filter(({ unit }) => unit !== '*'),
    ({ unit }) => unit,
  );
  const deployed = [...ofUnits].map(([unit, lines]) => [unit, deploymentsIn(lines, period)] as const);
  const all = deployed.flatMap(([, deployments]) => deployments);
  return [
    ...deployed
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([unit, deployments]) => figuresOf(unit, deployments, period)),
    figuresOf('*', all, period),
  ];
}

/** Milliseconds since 1970 of a journal line's time. */
export function momentOf({ at }: Pick<JournalEntry, 'at'>): number {
  return Date.parse(`${at.replace(' ', 'T')}Z`);
}

function deploymentsIn(lines: readonly JournalEntry[], { fromMs, untilMs }: Period): Deployment[] {
  return deploymentsOf(lines).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
}

/** What a schedule does and undoes, such as going down every evening, is neither a deployment nor a failure. */
function deploymentsOf(lines: readonly JournalEntry[]): Deployment[] {
  const deployments: Deployment[] = [];
  let open: Deployment | undefined;
  let steppedMs: number | undefined;
  for (const line of lines.filter((one) => !isPlanned(one))) {
    const step = stepOf(line);
    const atMs = momentOf(line);
    if (step === 'back' && open) open.restoredMs = atMs;
    if (step === 'back') open = undefined;
    if (step === 'deployment') {
      open = { atMs, ...(steppedMs !== undefined && { leadMs: atMs - steppedMs }) };
      deployments.push(open);
    }
    if (step !== undefined) steppedMs = atMs;
  }
  return deployments;
}

function stepOf({ action, before, after }: JournalEntry): 'prepared' | 'deployment' | 'back' | undefined {
  if (action === 'kill') return 'back';
  const [from, to] = [stageIn(before), stageIn(after)];
  if (!from || !to) return undefined;
  if (isForwards(from, to)) return to.name === 'shadow' ? 'prepared' : 'deployment';
  return isForwards(to, from) ? 'back' : undefined;
}

function stageIn(state: unknown): Stage | undefined {
  return (state as { stage?: Stage } | null)?.stage;
}

function isPlanned({ detail }: JournalEntry): boolean {
  return (detail as { planned?: unknown } | null)?.planned === true;
}

function figuresOf(unit: string, deployments: readonly Deployment[], { fromMs, untilMs }: Period): Delivery {
  const count = deployments.length;
  const restores = deployments.flatMap(({ atMs, restoredMs }) => (restoredMs === undefined ? [] : [restoredMs - atMs]));
  const leadTimeMs = medianOf(deployments.flatMap(({ leadMs }) => leadMs ?? []));
  const restoreMs = medianOf(restores);
  return {
    unit,
    deployments: count,
    perWeek: (count * WEEK_MS) / (untilMs - fromMs),
    ...(leadTimeMs !== undefined && { leadTimeMs }),
    failed: restores.length,
    ...(count > 0 && { changeFailureRate: restores.length / count }),
    ...(restoreMs !== undefined && { restoreMs }),
  };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
