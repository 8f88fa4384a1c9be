import { expect, it } from '@jest/globals';
import type { GateResult, Verdict } from '../judgement/gates.ts';
import type { Stage } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { NextSteps, type NextStep } from './next-step.ts';

const gate = (name: string, verdict: Verdict): GateResult => ({ gate: name, verdict, value: '', limit: '', next: '' });
const plan = { unit: 'trips', rollout: { ladder: [{ percent: 1 }, { percent: 100 }] } };
const runtime = { unit: { plan, digest: '' } } as unknown as UnitRuntime;
const steps = new NextSteps({
  stages: {
    knownGates: () => Promise.resolve([gate('sync', 'pass'), gate('lag', 'fail'), gate('own', 'inconclusive')]),
  },
  retirements: { knownGates: () => Promise.resolve([gate('owned', 'fail')]) },
});

function nextOf(stage: Stage, more: Partial<UnitRecord> = {}): Promise<NextStep | undefined> {
  const record = { unit: 'trips', owner: 'legacy', epoch: 1, planDigest: '', changedAt: '', changedBy: '' } as const;
  return steps.of(runtime, { ...record, stage, ...more }, {});
}

const names = async (stage: Stage, more?: Partial<UnitRecord>): Promise<string[]> =>
  (await nextOf(stage, more))?.waitsFor.map(({ gate: name, value }) => `${name} ${value}`.trim()) ?? [];

it.each<[Stage, string]>([
  [{ name: 'legacy' }, 'shadow'],
  [{ name: 'shadow' }, 'canary rung 1'],
  [{ name: 'canary', rung: 0 }, 'canary rung 2'],
  [{ name: 'canary', rung: 1 }, 'reads'],
  [{ name: 'reads' }, 'owned'],
  [{ name: 'owned' }, 'retired'],
])('after %j a unit goes to %s', async (stage, to) => expect((await nextOf(stage))?.to).toBe(to));

it('nowhere once it is retired', async () => expect(await nextOf({ name: 'retired' })).toBeUndefined());

it('waits for the gates that do not pass, of its retirement when it is owned', async () => {
  expect(await names({ name: 'reads' })).toEqual(['lag', 'own']);
  expect(await names({ name: 'owned' })).toEqual(['owned']);
});

it('waits first for a handover and for cohorts that are away', async () => {
  const mark = { direction: 'cutover', progress: 'begun', fenceEpoch: 1, who: 'ops', reason: 'now' } as const;
  expect(await names({ name: 'reads' }, { handover: mark })).toEqual(['handover cutover begun', 'lag', 'own']);
  const [away] = await names({ name: 'reads' }, { cohorts: { beta: ['11', '12'], staff: ['13'] } });
  expect(away).toBe('cohorts 3 keys of beta, staff at service');
});
