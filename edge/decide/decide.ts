import type { Exposure } from '../../flags/index.ts';
import type { Side, Stage } from './unit-state.ts';

export const REASONS = [
  'no-unit',
  'unit-unknown',
  'dependent',
  'owned',
  'owned-kill-ignored',
  'legacy-owns-writes',
  'killed',
  'stage-legacy',
  'stage-shadow',
  'pinned',
  'frozen',
  'copy-late',
  'own-write-pending',
  'breaker-open',
  'override',
  'no-subject',
  'flag-off',
  'above-ceiling',
  'exposed',
  'reads',
  'service-failed',
] as const;

/** Why a request went where it went. Counted, and shown on request. */
export type Reason = (typeof REASONS)[number];

export interface Decision {
  readonly target: Side;
  readonly reason: Reason;
  /**
   * Not yet: legacy would show this subject something older than its own last write on the service, or nobody has told
   * who owns the rows.
   */
  readonly mustWait: boolean;
  /** Only the service could answer, and it is not asked while it fails. */
  readonly isRefused: boolean;
  /** The subject reads from legacy for a reason that passes: what it sees there it must not un-see at the copy. */
  readonly comesBack: boolean;
}

/** Reasons that keep a subject from the copy for a moment. */
const PASSING: ReadonlySet<Reason> = new Set<Reason>(['own-write-pending', 'breaker-open', 'service-failed']);

/** What a decision rests on. The costly facts are asked for only when the order of the rules comes to them. */
export interface Facts {
  /** Undefined for a request that belongs to no unit. */
  readonly kind: 'api' | 'dependent' | undefined;
  readonly access: 'read' | 'write';
  /** False while nobody has told where the unit stands. */
  readonly isKnown: boolean;
  readonly stage: Stage;
  readonly owner: Side;
  readonly hasSubject: boolean;
  /** A handover is under way. */
  readonly isMoving: boolean;
  isKilled(): boolean;
  /** True while nobody answers for what the other edges do. */
  isFrozen(): boolean;
  /** False while the service's copy is late, or nobody can tell. */
  isLevel(): boolean;
  /** True while the service has failed this route's requests too often to be asked. */
  isBroken(): boolean;
  /** The side that gave the beginning of what the request goes on with. */
  began(): Side | undefined;
  /** The side a tester may choose and has chosen. */
  override(): Side | undefined;
  exposure(): Exposure;
  /** True when the subject's own writes on `side`, or the client's, are visible on the other one. */
  isApplied(side: Side): boolean;
}

/** One object for each possible outcome, so that deciding makes none. */
const outcomes = Object.fromEntries(
  REASONS.map((reason) => {
    const service: Decision = { target: 'service', reason, mustWait: false, isRefused: false, comesBack: false };
    const legacy: Decision = { ...service, target: 'legacy', comesBack: PASSING.has(reason) };
    const [waiting, refused] = [
      { ...legacy, mustWait: true },
      { ...service, isRefused: true },
    ];
    return [reason, { service, legacy, waiting, refused }];
  }),
) as Record<Reason, { service: Decision; legacy: Decision; waiting: Decision; refused: Decision }>;

/**
 * Fourth step of the journey: where this request goes, and why. Pure.
 *
 * The owner of the rows comes first: what the service owns, only the service can answer, kill switch or not. While
 * nobody has told who owns them, neither side may. While legacy owns, everything else that is unknown means legacy. Then
 * the order is: kill, stage, pin, write, other edges, copy, marker, breaker, override, subject, flag, ceiling. Each but the
 * override can only keep the request on legacy; the override stands for the stage from shadow on, and for what comes
 * behind it. An edge that has lost the others in the middle of a handover does not know the owner: it shows legacy, once
 * that has everything of both sides.
 */
export function decideTarget(facts: Facts): Decision {
  if (facts.kind === undefined) return toLegacy(facts, 'no-unit');
  if (!facts.isKnown) return outcomes['unit-unknown'].waiting;
  if (facts.kind === 'dependent')
    return facts.stage === 'retired' ? outcomes.dependent.legacy : toLegacy(facts, 'dependent');
  if (facts.isMoving && facts.access === 'read' && facts.isFrozen()) return toLegacy(facts, 'frozen');
  if (facts.owner === 'service') return ownedByService(facts);
  if (facts.isKilled()) return toLegacy(facts, 'killed');
  if (facts.stage === 'legacy') return toLegacy(facts, 'stage-legacy');
  if (facts.began() === 'legacy') return toLegacy(facts, 'pinned');
  if (facts.access === 'write') return toLegacy(facts, 'legacy-owns-writes');
  const wanted = facts.override();
  if (wanted === undefined && facts.stage === 'shadow') return toLegacy(facts, 'stage-shadow');
  if (facts.isFrozen()) return toLegacy(facts, 'frozen');
  if (!facts.isLevel()) return toLegacy(facts, 'copy-late');
  if (!facts.isApplied('legacy')) return toLegacy(facts, 'own-write-pending');
  if (wanted === 'legacy') return toLegacy(facts, 'override');
  if (wanted === undefined && !facts.hasSubject) return toLegacy(facts, 'no-subject');
  if (facts.isBroken()) return toLegacy(facts, 'breaker-open');
  if (wanted === 'service') return outcomes.override.service;
  const exposure = facts.exposure();
  if (facts.stage !== 'canary')
    return !exposure.exposed && exposure.reason === 'flag-off' ? toLegacy(facts, 'flag-off') : outcomes.reads.service;
  return exposure.exposed ? outcomes.exposed.service : toLegacy(facts, exposure.reason);
}

function ownedByService(facts: Facts): Decision {
  if (facts.isBroken()) return outcomes['breaker-open'].refused;
  return outcomes[facts.isKilled() ? 'owned-kill-ignored' : 'owned'].service;
}

/** A write never waits: the owner takes it as it is. */
function toLegacy(facts: Facts, reason: Reason): Decision {
  const isReader = facts.kind === 'dependent' || (facts.kind === 'api' && facts.access === 'read');
  const mustWait = isReader && !facts.isApplied('service');
  return mustWait ? outcomes[reason].waiting : outcomes[reason].legacy;
}

/** A safe read the service could not answer, taken over by the side that owns the rows. */
export const FALLBACK = outcomes['service-failed'].legacy;
