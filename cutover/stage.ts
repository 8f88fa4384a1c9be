import type { Plan } from './plan/plan.ts';

export type Side = 'legacy' | 'service';

/**
 * How far a unit is. Each member carries only its own data.
 *
 * - legacy: legacy answers everything. The copy is being made or already follows.
 * - shadow: legacy answers everything; reads are mirrored to the service and compared.
 * - canary: reads of the cohorts on the ladder's rungs up to `rung` go to the service.
 * - reads: all reads go to the service; legacy owns the rows and is the fallback. Fences and reverse stream are armed.
 * - owned: the service owns the rows and answers everything; the reverse stream keeps legacy in step.
 * - retired: as owned, and nothing of legacy is left to go back to.
 */
export type Stage =
  | { readonly name: 'legacy' }
  | { readonly name: 'shadow' }
  | { readonly name: 'canary'; readonly rung: number }
  | { readonly name: 'reads' }
  | { readonly name: 'owned' }
  | { readonly name: 'retired' };

export type StageName = Stage['name'];

export type StageEvent =
  | { readonly type: 'advance' }
  | { readonly type: 'go-to'; readonly stage: StageName; readonly rung?: number }
  | { readonly type: 'cut-over' }
  | { readonly type: 'roll-back' }
  /** Gives the way back to legacy up. */
  | { readonly type: 'retire' };

export type StageResult = { readonly next: Stage } | { readonly refused: string };

/** Who owns the rows at a stage. Ownership never moves by a percentage. */
export function ownerAt(stage: Stage): Side {
  return stage.name === 'owned' || stage.name === 'retired' ? 'service' : 'legacy';
}

/**
 * The one transition function. Forward moves take one step at a time; going back towards legacy may skip steps while
 * legacy owns the rows. Ownership moves only by `cut-over` and `roll-back`.
 */
export function nextStage(stage: Stage, event: StageEvent, rungs: number): StageResult {
  switch (event.type) {
    case 'advance':
      return advance(stage, rungs);
    case 'go-to':
      return goTo(stage, event, rungs);
    case 'cut-over':
      return stage.name === 'reads'
        ? { next: { name: 'owned' } }
        : refuse(`a cutover starts at reads, not at ${stage.name}`);
    case 'roll-back':
      return stage.name === 'owned'
        ? { next: { name: 'reads' } }
        : refuse(`there is nothing to roll back at ${stage.name}`);
    case 'retire':
      return stage.name === 'owned'
        ? { next: { name: 'retired' } }
        : refuse(`a unit is retired from owned, not from ${stage.name}`);
  }
}

function advance(stage: Stage, rungs: number): StageResult {
  switch (stage.name) {
    case 'legacy':
      return { next: { name: 'shadow' } };
    case 'shadow':
      return { next: { name: 'canary', rung: 0 } };
    case 'canary':
      return stage.rung + 1 < rungs ? { next: { name: 'canary', rung: stage.rung + 1 } } : { next: { name: 'reads' } };
    case 'reads':
      return refuse('the next step is the cutover: banyan cutover <unit>');
    case 'owned':
    case 'retired':
      return refuse(`${stage.name} is the end of this ladder`);
  }
}

const ranks: Record<StageName, number> = { legacy: 0, shadow: 1, canary: 2, reads: 3, owned: 4, retired: 5 };

function goTo(stage: Stage, event: { stage: StageName; rung?: number }, rungs: number): StageResult {
  const wanted = toStage(event, stage);
  if (wanted.name === 'canary' && (wanted.rung < 0 || wanted.rung >= rungs))
    return refuse(`the ladder has rungs 1 to ${rungs}`);
  if (wanted.name === 'retired') return refuse('retired is reached from owned by: banyan retire <unit>');
  if (stage.name === 'retired') return refuse('a retired unit has no way back');
  if (ownerAt(stage) === 'service') return refuse(`the service owns the rows; go back with: banyan rollback <unit>`);
  if (ownerAt(wanted) === 'service') return refuse(`${wanted.name} is reached by: banyan cutover <unit>`);
  if (!isForwards(stage, wanted)) return { next: wanted };
  const step = advance(stage, rungs);
  const reached = 'next' in step && height(step.next) === height(wanted);
  return reached ? step : refuse(`one step at a time: ${describeStage(stage)} comes before ${describeStage(wanted)}`);
}

function toStage(event: { stage: StageName; rung?: number }, current: Stage): Stage {
  if (event.stage !== 'canary') return { name: event.stage };
  return { name: 'canary', rung: event.rung ?? (current.name === 'canary' ? current.rung : 0) };
}

const forwards = ['advance', 'cut-over', 'retire'] as const;

/** The stage that comes next on the way out of legacy, by whichever command; undefined at its end. */
export function stageAfter(stage: Stage, rungs: number): Stage | undefined {
  const steps = forwards.map((type) => nextStage(stage, { type }, rungs));
  return steps.flatMap((step) => ('next' in step ? [step.next] : []))[0];
}

/** True where the way back is kept open: the reverse stream runs behind legacy's fence. */
export function isArmed({ name }: Stage): boolean {
  return name === 'reads' || name === 'owned';
}

/** True when `to` exposes more than `from`. Forward moves have gates, moves back have none. */
export function isForwards(from: Stage, to: Stage): boolean {
  return height(to) > height(from);
}

const rungsAtMost = 10_000;

function height(stage: Stage): number {
  return ranks[stage.name] * rungsAtMost + (stage.name === 'canary' ? stage.rung : 0);
}

function refuse(refused: string): StageResult {
  return { refused };
}

export function describeStage(stage: Stage): string {
  return stage.name === 'canary' ? `canary rung ${stage.rung + 1}` : stage.name;
}

/** Cohort → ceiling in hundredths of a percent. Rungs add up, so a later rung never takes an earlier cohort away. */
export function ceilingsAt(stage: Stage, ladder: Plan['rollout']['ladder']): Record<string, number> {
  if (stage.name === 'legacy' || stage.name === 'shadow') return {};
  if (stage.name !== 'canary') return { everyone: 10_000 };
  const ceilings: Record<string, number> = {};
  for (const { cohort = 'everyone', percent } of ladder.slice(0, stage.rung + 1)) {
    ceilings[cohort] = Math.max(ceilings[cohort] ?? 0, Math.round(percent * 100));
  }
  return ceilings;
}
