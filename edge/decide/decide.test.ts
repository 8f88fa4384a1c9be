import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Exposure } from '../../flags/index.ts';
import { decideTarget, type Facts } from './decide.ts';
import type { Side, Stage } from './unit-state.ts';

interface Given {
  readonly kind: Facts['kind'];
  readonly access: 'read' | 'write';
  readonly isKnown: boolean;
  readonly stage: Stage;
  readonly owner: Side;
  readonly hasSubject: boolean;
  readonly killed: boolean;
  readonly level: boolean;
  readonly frozen: boolean;
  readonly isMoving: boolean;
  readonly broken: boolean;
  readonly wanted: Side | undefined;
  readonly began: Side | undefined;
  readonly exposure: Exposure;
  readonly legacyApplied: boolean;
  readonly serviceApplied: boolean;
}

const exposed: Exposure = { exposed: true, cohort: 'beta', bucket: 1 };
const exposures: Exposure[] = [exposed, ...(['no-subject', 'flag-off', 'above-ceiling'] as const).map(notExposed)];
const anything = fc.record<Given>({
  kind: fc.constantFrom('api', 'dependent', undefined),
  access: fc.constantFrom('read', 'write'),
  isKnown: fc.constant(true),
  stage: fc.constantFrom('legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'),
  owner: fc.constantFrom('legacy', 'service'),
  hasSubject: fc.boolean(),
  killed: fc.boolean(),
  level: fc.boolean(),
  frozen: fc.boolean(),
  isMoving: fc.boolean(),
  broken: fc.boolean(),
  wanted: fc.constantFrom('legacy', 'service', undefined, undefined),
  began: fc.constantFrom('legacy', 'service', undefined, undefined),
  exposure: fc.constantFrom(...exposures),
  legacyApplied: fc.boolean(),
  serviceApplied: fc.boolean(),
});

describe('the decision', () => {
  it('sends every write of the unit to the owner of its rows, whatever else is true', () => {
    check((given) => given.kind !== 'api' || given.access === 'read' || decide(given).target === given.owner);
  });

  it('invariant 1: while legacy owns, sends a subject whose write is not applied to legacy', () => {
    check((given) => given.owner === 'service' || given.legacyApplied || decide(given).target === 'legacy');
  });

  it('invariant 1: until it is retired, never shows a subject a legacy that lacks its own write on the service', () => {
    check((given) => {
      const { target, mustWait } = decide(given);
      if (given.stage === 'retired') return true;
      const isReader = given.kind === 'dependent' || (given.kind === 'api' && given.access === 'read');
      return target === 'service' || !isReader || !given.hasSubject || given.serviceApplied || mustWait;
    });
  });

  it('lets flags, kill switch and ceiling only take requests away from the service while legacy owns', () => {
    check((given) => {
      const open = { ...given, killed: false, exposure: exposed };
      return given.owner === 'service' || decide(given).target === 'legacy' || decide(open).target === 'service';
    });
  });

  it('refuses only what the service alone could answer, and only while it fails', () => {
    check((given) => !decide(given).isRefused || (given.broken && given.owner === 'service' && given.kind === 'api'));
    check((given) => !given.broken || decide(given).target === 'legacy' || decide(given).isRefused);
  });

  it('invariant 1: sends nobody to the copy while nobody answers for the other edges', () => {
    check((given) => given.owner === 'service' || !given.frozen || decide(given).target === 'legacy');
  });

  it('sends nobody to a copy that is late, or of which nothing is known, while legacy owns', () => {
    check((given) => given.owner === 'service' || given.level || decide(given).target === 'legacy');
  });

  it('sends nobody without an identity to the service while legacy owns, unless a tester chose it', () => {
    check((given) => {
      const isChosen = given.wanted === 'service';
      return given.owner === 'service' || given.hasSubject || isChosen || decide(given).target === 'legacy';
    });
  });

  it('lets a tester choose for reads from shadow upwards, and never past kill, copy, marker or breaker', () => {
    check((given) => {
      const { target, reason, mustWait } = decide(given);
      if (reason !== 'override') return true;
      const isAllowed = given.kind === 'api' && given.access === 'read' && given.owner === 'legacy' && !given.killed;
      const isSafe = given.level && given.legacyApplied && (target === 'legacy' || !given.broken);
      return isAllowed && isSafe && given.stage !== 'legacy' && (target === given.wanted || mustWait);
    });
  });

  it('sends nothing of a unit anywhere while nobody has told who owns its rows', () => {
    check((given) => given.kind === undefined || decide({ ...given, isKnown: false }).mustWait);
    check((given) => given.kind === undefined || decide({ ...given, isKnown: false }).reason === 'unit-unknown');
  });

  it('keeps dependents and foreign routes on legacy', () => {
    check((given) => given.kind === 'api' || decide(given).target === 'legacy');
  });

  it.each<[string, Partial<Given>, string]>([
    ['no route of a unit', { kind: undefined }, 'legacy no-unit'],
    ['a dependent', { kind: 'dependent', owner: 'service', stage: 'owned' }, 'legacy dependent'],
    ['stage legacy', { stage: 'legacy' }, 'legacy stage-legacy'],
    ['stage shadow', { stage: 'shadow' }, 'legacy stage-shadow'],
    ['canary, exposed', {}, 'service exposed'],
    ['canary, above the ceiling', { exposure: notExposed('above-ceiling') }, 'legacy above-ceiling'],
    ['canary, not in the gate', { exposure: notExposed('flag-off') }, 'legacy flag-off'],
    ['canary, killed', { killed: true }, 'legacy killed'],
    ['shadow, killed', { stage: 'shadow', killed: true }, 'legacy killed'],
    ['canary, killed, a write', { killed: true, access: 'write' }, 'legacy killed'],
    ['canary, out of touch with the other edges', { frozen: true }, 'legacy frozen'],
    ['owned, out of touch', { stage: 'owned', owner: 'service', frozen: true }, 'service owned'],
    [
      'owned, out of touch in a handover',
      { stage: 'owned', owner: 'service', frozen: true, isMoving: true },
      'legacy frozen',
    ],
    ['canary, the copy late', { level: false }, 'legacy copy-late'],
    ['canary, nobody, the copy late', { hasSubject: false, level: false }, 'legacy copy-late'],
    ['stage legacy, a write', { stage: 'legacy', access: 'write' }, 'legacy stage-legacy'],
    ['canary, own write under way', { legacyApplied: false }, 'legacy own-write-pending'],
    ['canary, nobody', { hasSubject: false }, 'legacy no-subject'],
    ['canary, a write', { access: 'write' }, 'legacy legacy-owns-writes'],
    ['canary, the service failing', { broken: true }, 'legacy breaker-open'],
    [
      'canary, the service failing, above the ceiling',
      { broken: true, exposure: notExposed('above-ceiling') },
      'legacy breaker-open',
    ],
    ['reads, the service failing', { stage: 'reads', broken: true }, 'legacy breaker-open'],
    ['owned, the service failing', { stage: 'owned', owner: 'service', broken: true }, 'service breaker-open'],
    ['reads, above the ceiling', { stage: 'reads', exposure: notExposed('above-ceiling') }, 'service reads'],
    ['reads, gate closed to the subject', { stage: 'reads', exposure: notExposed('flag-off') }, 'legacy flag-off'],
    ['reads, killed', { stage: 'reads', killed: true }, 'legacy killed'],
    ['canary, going on with legacy', { began: 'legacy' }, 'legacy pinned'],
    ['canary, going on with legacy, chosen', { began: 'legacy', wanted: 'service' }, 'legacy pinned'],
    ['canary, going on with the service', { began: 'service' }, 'service exposed'],
    ['canary, going on with the service, killed', { began: 'service', killed: true }, 'legacy killed'],
    ['owned, going on with legacy', { stage: 'owned', owner: 'service', began: 'legacy' }, 'service owned'],
    ['shadow, chosen', { stage: 'shadow', wanted: 'service' }, 'service override'],
    ['shadow, legacy chosen', { stage: 'shadow', wanted: 'legacy' }, 'legacy override'],
    ['stage legacy, chosen', { stage: 'legacy', wanted: 'service' }, 'legacy stage-legacy'],
    ['canary, chosen by nobody', { wanted: 'service', hasSubject: false }, 'service override'],
    [
      'canary, chosen by one outside the gate',
      { wanted: 'service', exposure: notExposed('flag-off') },
      'service override',
    ],
    ['reads, legacy chosen', { stage: 'reads', wanted: 'legacy' }, 'legacy override'],
    ['canary, a write, chosen', { access: 'write', wanted: 'service' }, 'legacy legacy-owns-writes'],
    ['canary, killed, chosen', { killed: true, wanted: 'service' }, 'legacy killed'],
    ['canary, chosen, the copy late', { level: false, wanted: 'service' }, 'legacy copy-late'],
    ['canary, chosen, own write under way', { legacyApplied: false, wanted: 'service' }, 'legacy own-write-pending'],
    ['canary, chosen, the service failing', { broken: true, wanted: 'service' }, 'legacy breaker-open'],
    ['owned, legacy chosen', { stage: 'owned', owner: 'service', wanted: 'legacy' }, 'service owned'],
    ['owned', { stage: 'owned', owner: 'service' }, 'service owned'],
    ['owned, killed', { stage: 'owned', owner: 'service', killed: true }, 'service owned-kill-ignored'],
    [
      'retired, a dependent, own write under way',
      { stage: 'retired', owner: 'service', kind: 'dependent', serviceApplied: false },
      'legacy dependent',
    ],
    ['retired, nobody', { stage: 'retired', owner: 'service', hasSubject: false }, 'service owned'],
  ])('%s', (_, changes, expected) => {
    const { target, reason } = decide({ ...canary, ...changes });
    expect(`${target} ${reason}`).toBe(expected);
  });
});

const canary: Given = {
  kind: 'api',
  access: 'read',
  isKnown: true,
  stage: 'canary',
  owner: 'legacy',
  hasSubject: true,
  killed: false,
  level: true,
  frozen: false,
  isMoving: false,
  broken: false,
  wanted: undefined,
  began: undefined,
  exposure: exposed,
  legacyApplied: true,
  serviceApplied: true,
};

function check(law: (given: Given) => boolean): void {
  fc.assert(fc.property(anything, law), { numRuns: 2000 });
}

function decide(given: Given): ReturnType<typeof decideTarget> {
  return decideTarget({
    ...given,
    isKilled: () => given.killed,
    exposure: () => given.exposure,
    isLevel: () => given.level,
    isFrozen: () => given.frozen,
    isBroken: () => given.broken,
    override: () => given.wanted,
    began: () => given.began,
    isApplied: (side) => (side === 'legacy' ? given.legacyApplied : given.serviceApplied),
  });
}

function notExposed(reason: 'no-subject' | 'flag-off' | 'above-ceiling'): Exposure {
  return { exposed: false, reason };
}
