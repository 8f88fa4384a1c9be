import type { JournalEntry } from '../journal/journal-entry.ts';
import { momentOf } from '../kpi/delivery.ts';
import type { Stage } from '../stage.ts';

/**
 * Where a ramp is, as the journal tells it; nothing else is remembered.
 *
 * - off: nobody started one, or none is left to go on with.
 * - running: it climbs when the schedule and the gates let it, and goes down by itself.
 * - paused: it does not climb. Somebody said so, or moved the unit by hand, or killed it, or a rung failed too often. What
 *   goes wrong meanwhile still takes it down.
 */
export type RampState = { readonly kind: 'off' } | RampUnderWay;

export interface RampUnderWay {
  readonly kind: 'running' | 'paused';
  /** Why it is paused. */
  readonly why: string;
  /** Who started it: its steps are theirs. */
  readonly who: string;
  /** The plan it was started or resumed with; another one is not climbed. */
  readonly planDigest: string;
  readonly stage: Stage;
  /** When it came to that stage. */
  readonly movedMs: number;
  /** The rung up to which it climbs without a stay: it was there before. -1: none. */
  readonly regainTo: number;
  /** True when it went down only for the night. */
  readonly isNight: boolean;
  /** It does not climb before. */
  readonly heldUntilMs: number;
  /** How often it went down for the night since the last regression. */
  readonly nights: number;
  /** How often which rung failed since it was started or resumed. */
  readonly regressions: Readonly<Record<number, number>>;
}

export interface RampRules {
  readonly waitMinutes: number;
  readonly maxRegressions: number;
}

/** Of the lines of one unit, oldest first. */
export function rampStateOf(lines: readonly JournalEntry[], rules: RampRules): RampState {
  let state: RampState = { kind: 'off' };
  for (const line of lines) state = after(state, line, rules);
  return state;
}

function after(state: RampState, line: JournalEntry, rules: RampRules): RampState {
  if (line.action === 'ramp-start') return started(line);
  if (state.kind === 'off') return state;
  switch (line.action) {
    case 'ramp-pause':
      return paused(state, line.reason);
    case 'ramp-resume':
      return { ...state, kind: 'running', why: '', planDigest: digestIn(line), regressions: {} };
    case 'ramp-step':
      return moved(state, line);
    case 'ramp-night':
      return { ...moved(state, line), isNight: true, regainTo: rungIn(line.before), nights: state.nights + 1 };
    case 'ramp-back':
      return regressed(state, line, rules);
    default:
      return byHand(state, line);
  }
}

function started(line: JournalEntry): RampUnderWay {
  return {
    kind: 'running',
    why: '',
    who: line.who,
    planDigest: digestIn(line),
    stage: stageIn(line.after),
    movedMs: momentOf(line),
    regainTo: -1,
    isNight: false,
    heldUntilMs: 0,
    nights: 0,
    regressions: {},
  };
}

function moved(state: RampUnderWay, line: JournalEntry): RampUnderWay {
  return { ...state, stage: stageIn(line.after), movedMs: momentOf(line) };
}

function regressed(state: RampUnderWay, line: JournalEntry, { waitMinutes, maxRegressions }: RampRules): RampUnderWay {
  const rung = rungIn(line.before);
  const count = (state.regressions[rung] ?? 0) + 1;
  const down: RampUnderWay = {
    ...moved(state, line),
    regainTo: rung - 1,
    isNight: false,
    heldUntilMs: momentOf(line) + waitMinutes * 60_000,
    nights: 0,
    regressions: { ...state.regressions, [rung]: count },
  };
  return count < maxRegressions ? down : paused(down, `regressions at rung ${rung + 1}: ${count}`);
}

/** Whoever moves a unit by hand knows something the ramp does not: it must not undo that in the next second. */
function byHand(state: RampUnderWay, line: JournalEntry): RampUnderWay {
  if (line.action === 'kill') return paused(state, `${line.who} killed it: ${line.reason}`);
  const isMove = JSON.stringify(stageIn(line.before)) !== JSON.stringify(stageIn(line.after));
  return isMove
    ? paused({ ...moved(state, line), regainTo: -1, isNight: false }, `${line.who} moved it: ${line.reason}`)
    : state;
}

function paused(state: RampUnderWay, why: string): RampUnderWay {
  return { ...state, kind: 'paused', why };
}

function stageIn(told: unknown): Stage {
  return (told as { stage?: Stage } | null)?.stage ?? { name: 'legacy' };
}

function rungIn(told: unknown): number {
  const stage = stageIn(told);
  return stage.name === 'canary' ? stage.rung : -1;
}

function digestIn({ detail }: JournalEntry): string {
  return (detail as { planDigest?: string } | null)?.planDigest ?? '';
}
