import { evidenceOfExcess, isWithin, mismatchBound, samplesNeeded } from '../../edge/index.ts';
import { NO_EFFECTS, type RouteEffects } from '../effects/effect-tally.ts';
import type { Plan } from '../plan/plan.ts';

/** What is still needed for the verdict on a write. */
export type WriteNeed =
  | { readonly of: 'samples'; readonly have: number; readonly need: number }
  | { readonly of: 'fewer-mismatches'; readonly have: number; readonly share: number }
  /** Too many of the writes changed something that nobody could look at. */
  | { readonly of: 'seen-effects'; readonly have: number; readonly share: number };

/** Whether the service would have written what legacy wrote. */
export interface WriteVerdict extends RouteEffects {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  /** Writes whose effects could be compared. */
  readonly samples: number;
  /** With the confidence of the plan, at any time: no larger share of the writes has other effects. */
  readonly mismatchBound: number;
  readonly missing: readonly WriteNeed[];
}

/** Beyond this share of unsure ones the others do not speak for all. */
const MOST_UNSURE = 0.05;

/** Every write that the plan wants rehearsed, also one that nobody has made yet. Pure. */
export function judgeWrites(
  plan: Plan,
  effects: ReadonlyMap<string, RouteEffects>,
  findingAlpha: number,
): WriteVerdict[] {
  return rehearsedIn(plan).map((route) =>
    judgeWrite(plan, effects.get(route) ?? { ...NO_EFFECTS, route }, findingAlpha),
  );
}

/** `POST /api/trips`. Of those that are only validated no effects are known. */
export function rehearsedIn({ apis }: Pick<Plan, 'apis'>): string[] {
  return apis.filter(({ shadow }) => shadow === 'dry-run').map(({ method, path }) => `${method} ${path}`);
}

/** A write has no noise: legacy's own transaction is the one that is compared. So counts say all. */
function judgeWrite({ gates: { shadow } }: Plan, effects: RouteEffects, findingAlpha: number): WriteVerdict {
  const { equal, different } = effects;
  const samples = equal + different;
  const confidence = { limit: shadow.maxWriteMismatchPercent / 100, alpha: 1 - shadow.confidencePercent / 100 };
  const isOver = evidenceOfExcess(different, samples, confidence.limit) >= -Math.log(findingAlpha);
  const missing = isOver ? [] : needsOf(effects, samples, confidence);
  return {
    ...effects,
    verdict: isOver ? 'fail' : missing.length > 0 ? 'inconclusive' : 'pass',
    samples,
    mismatchBound: mismatchBound(different, samples, confidence),
    missing,
  };
}

function needsOf(
  { different, unsure }: RouteEffects,
  samples: number,
  confidence: { readonly limit: number; readonly alpha: number },
): WriteNeed[] {
  const needs: WriteNeed[] = [];
  const need = samplesNeeded(different, samples, confidence);
  if (need === undefined) needs.push({ of: 'fewer-mismatches', have: different, share: different / samples });
  else if (!isWithin(different, samples, confidence)) needs.push({ of: 'samples', have: samples, need });
  const share = unsure / Math.max(1, samples + unsure);
  if (share > MOST_UNSURE) needs.push({ of: 'seen-effects', have: unsure, share });
  return needs;
}
