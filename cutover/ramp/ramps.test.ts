import { beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { planSchema } from '../plan/plan.ts';
import { describeStage } from '../stage.ts';
import { controllerOn } from '../testing/model-controller.fixture.ts';
import { ModelWorld, UNIT } from '../testing/model-world.fixture.ts';
import { FreeProcess } from '../testing/schedule.fixture.ts';
import { momentOf } from '../kpi/delivery.ts';
import type { Controller } from '../controller.ts';
import { localTime } from './local-time.ts';
import { rampShape, WEEKDAYS } from './ramp-plan.ts';
import { Ramps } from './ramps.ts';

const MINUTE_MS = 60_000;
const ramp = rampShape.parse({
  timeZone: 'Europe/Berlin',
  hours: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' },
  holidays: ['2026-03-25'],
  freezes: [{ from: '2026-04-01', to: '2026-04-06', why: 'release of the app' }],
  minMinutes: 60,
  minRequests: 100,
  nightsUntilTrusted: 2,
  waitMinutes: 120,
});
const ladder = [1, 10, 50, 100].map((percent) => ({ percent }));
const gates = planSchema.shape.gates.parse({
  lag: { maxMs: 1_000 },
  verification: { maxAgeMinutes: 30 },
  shadow: {
    maxMismatchPercent: 1,
    confidencePercent: 95,
    falseFindingPercent: 1,
    minSubjects: 1,
    minShapes: 1,
    maxLagPercent: 5,
    maxWriteMismatchPercent: 1,
  },
  errors: { minRequests: 100 },
});
const ada = { who: 'ada@desk', reason: 'CHG-7' };
const local = (text: string): number => Date.parse(`${text}:00+01:00`);

let world: ModelWorld;
let controller: Controller;
let ramps: Ramps;
let declared: { plan: DeclaredUnit['plan']; digest: string };
/** From when to when the service fails while anybody is sent to it. */
let faults: [fromMs: number, toMs: number][];

/** On Monday 23 March 2026 at 08:00; the clocks go forward on Sunday. */
beforeEach(async () => {
  world = new ModelWorld({ name: 'shadow' });
  world.nowMs = local('2026-03-23T08:00');
  faults = [];
  const process = new FreeProcess('control');
  const plan = { rollout: { salt: 's', ladder }, gates, ramp };
  controller = controllerOn(world, process, { plan, traffic: { measured } });
  await controller.start();
  declared = { plan: { unit: UNIT, ...plan } as DeclaredUnit['plan'], digest: 'a' };
  ramps = new Ramps({
    units: [declared],
    store: {
      read: () => Promise.resolve(world.record),
      note: (record, note) => Promise.resolve(world.tell(record, record, note)),
      journal: { sinceLast: (_, action) => Promise.resolve(since(action)) },
    },
    controller,
    edges: { counts: () => undefined },
    traffic: { measured },
    log: silentLog,
    clock: process.clock(world),
  });
});

function since(action: string) {
  const from = world.journal.findLastIndex((line) => line.action === action);
  return from < 0 ? [] : world.journal.slice(from);
}

/** Ten requests a minute since the last move. */
function measured() {
  const moved = world.journal.findLast(({ before, after }) => before !== after);
  const minutes = (world.nowMs - (moved ? momentOf(moved) : 0)) / MINUTE_MS;
  const isBroken = faults.some(([fromMs, toMs]) => world.nowMs >= fromMs && world.nowMs < toMs);
  const counts = { requests: 10 * minutes, failed: 0, slow: 0 };
  return { service: counts, legacy: counts, errors: isBroken ? 1_000 : 0, slow: 0 };
}

async function pass(untilMs: number): Promise<void> {
  for (; world.nowMs < untilMs; world.nowMs += 5 * MINUTE_MS) await ramps.look();
}

/** `Mon 09:00 canary rung 1`, in the order of the journal. */
function moves(): string[] {
  const changed = world.journal.filter(({ action }) => /^(ramp-(step|night|back)|stage)/.test(action));
  return changed.map((line) => {
    const { date, minutes } = localTime(momentOf(line), ramp.timeZone);
    const day = WEEKDAYS[new Date(`${date}T00:00Z`).getUTCDay()];
    const time = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
    const { stage } = line.after as typeof world.record;
    return `${day} ${time} ${line.action} ${describeStage(stage)}`;
  });
}

describe('a simulated week', () => {
  it('follows the plan, with two regressions in it', async () => {
    faults = [
      [local('2026-03-23T11:30'), local('2026-03-23T12:00')],
      [local('2026-03-27T10:00'), local('2026-03-27T10:05')],
    ];
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-30T09:10'));
    const climb = (day: string, ...times: string[]) =>
      times.map((time, i) => `${day} ${time} ramp-step canary rung ${i + 1}`);
    expect(moves()).toEqual([
      ...climb('mon', '09:00', '10:00', '11:00'),
      'mon 11:30 ramp-back shadow',
      // Two hours later to the rungs below the one that failed, and from there with a full stay. A rung that is regained
      // has no stay, but its gates: the 100 requests they want come in ten minutes.
      ...climb('mon', '13:30', '13:40', '14:40', '15:40'),
      'mon 17:00 ramp-night shadow',
      ...climb('tue', '09:00', '09:10', '09:20', '09:30'),
      // The second night: trusted from here on, but Wednesday is a holiday.
      'tue 17:00 ramp-night shadow',
      ...climb('thu', '09:00', '09:10', '09:20', '09:30'),
      // It stays where it is for the night, until it fails again.
      'fri 10:00 ramp-back shadow',
      ...climb('fri', '12:00', '12:10', '12:20', '13:20'),
      'fri 17:00 ramp-night shadow',
      ...climb('mon', '09:00', '09:10', '09:20', '09:30'),
    ]);
  });

  it('is for every step up within the hours, and counted as planned where it only regains a night', async () => {
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-24T12:00'));
    const planned = world.journal.filter(({ detail }) => (detail as { planned?: boolean } | null)?.planned);
    expect(planned.map(({ action }) => action)).toEqual([
      'ramp-night',
      ...Array.from({ length: 4 }, () => 'ramp-step'),
    ]);
    expect(world.journal.every(({ who, reason }) => who === 'ada@desk' && reason !== '')).toBe(true);
  });
});

describe('a ramp', () => {
  it('says when the next step is expected, and what it waits for', async () => {
    await ramps.tell(UNIT, 'start', ada);
    expect(await ramps.view(UNIT)).toMatchObject({
      action: { do: 'wait', why: 'outside the hours', untilMs: local('2026-03-23T09:00') },
    });
    await pass(local('2026-03-23T09:05'));
    expect(await ramps.view(UNIT)).toMatchObject({
      action: { do: 'wait', why: 'its stay', untilMs: local('2026-03-23T10:00') },
      enoughRequestsAtMs: local('2026-03-23T09:10'),
    });
  });

  it('waits out a freeze where it is', async () => {
    world.nowMs = local('2026-03-31T14:30');
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-31T15:00'));
    world.nowMs = local('2026-04-01T10:00');
    const { action } = await ramps.view(UNIT);
    expect(action).toMatchObject({ do: 'wait', why: 'freeze: release of the app', untilMs: local('2026-04-07T08:00') });
  });

  it('waits for somebody after three regressions at one rung', async () => {
    faults = [[local('2026-03-23T09:00'), local('2026-03-24T17:00')]];
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-24T12:00'));
    expect(moves().filter((move) => move.includes('ramp-back'))).toHaveLength(3);
    expect((await ramps.view(UNIT)).state).toMatchObject({ kind: 'paused', why: 'regressions at rung 1: 3' });
  });

  it('pauses when somebody moves the unit by hand, and does not undo that', async () => {
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-23T10:30'));
    await controller.moveStage(UNIT, { type: 'go-to', stage: 'shadow' }, { who: 'bob', reason: 'odd log lines' });
    await pass(local('2026-03-23T12:00'));
    expect(moves().at(-1)).toBe('mon 10:30 stage-shadow shadow');
    expect((await ramps.view(UNIT)).state).toMatchObject({ kind: 'paused', why: 'bob moved it: odd log lines' });
    await ramps.tell(UNIT, 'resume', ada);
    await pass(local('2026-03-23T12:10'));
    expect(moves().at(-1)).toBe('mon 12:00 ramp-step canary rung 1');
  });

  it('that is paused, or killed, climbs no further, and goes down all the same', async () => {
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-23T09:30'));
    world.tell(world.record, world.record, { who: 'bob', action: 'kill', reason: 'slow' });
    faults = [[local('2026-03-23T11:00'), local('2026-03-23T11:05')]];
    await pass(local('2026-03-23T16:00'));
    expect(moves()).toEqual(['mon 09:00 ramp-step canary rung 1', 'mon 11:00 ramp-back shadow']);
    expect((await ramps.view(UNIT)).state).toMatchObject({ kind: 'paused', why: 'bob killed it: slow' });
  });

  it('does not climb by a plan that changed under it', async () => {
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-23T09:30'));
    declared.digest = 'b';
    await pass(local('2026-03-23T18:00'));
    expect(moves()).toEqual(['mon 09:00 ramp-step canary rung 1', 'mon 17:00 ramp-night shadow']);
    expect((await ramps.view(UNIT)).action).toMatchObject({ why: expect.stringContaining('the plan is another one') });
    await ramps.tell(UNIT, 'resume', ada);
    expect((await ramps.view(UNIT)).action).toMatchObject({ untilMs: local('2026-03-24T09:00') });
  });

  it('holds, and says why, while a gate does not pass or requests are missing', async () => {
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-23T09:30'));
    const measure = controller.gates.bind(controller);
    controller.gates = async (unit) =>
      (await measure(unit)).map((gate) => (gate.gate === 'lag' ? { ...gate, verdict: 'inconclusive' } : gate));
    await pass(local('2026-03-23T11:00'));
    expect(moves()).toHaveLength(1);
    expect((await ramps.view(UNIT)).heldBy).toEqual([expect.stringContaining('lag inconclusive')]);
  });

  it('has a verification that is too old made again, and looks on meanwhile', async () => {
    let verifications = 0;
    controller.verify = () => {
      verifications++;
      return new Promise(() => undefined);
    };
    const measure = controller.gates.bind(controller);
    controller.gates = async (unit) =>
      (await measure(unit)).map((gate) => (gate.gate === 'verification' ? { ...gate, verdict: 'fail' } : gate));
    await ramps.tell(UNIT, 'start', ada);
    await pass(local('2026-03-23T09:25'));
    expect(verifications).toBe(3);
    expect((await ramps.view(UNIT)).heldBy).toEqual([expect.stringContaining('verification fail')]);
  });

  it.each([
    ['pause', 'no ramp was started'],
    ['resume', 'no ramp was started'],
  ] as const)('refuses to %s where there is none', async (verb, problem) => {
    await expect(ramps.tell(UNIT, verb, ada)).rejects.toThrow(problem);
    expect(world.journal).toEqual([]);
  });

  it('starts once, with a reason, at a stage that it can climb from', async () => {
    await expect(ramps.tell(UNIT, 'start', { who: 'ada', reason: ' ' })).rejects.toMatchObject({
      code: 'REASON_MISSING',
    });
    await ramps.tell(UNIT, 'start', ada);
    await expect(ramps.tell(UNIT, 'start', ada)).rejects.toThrow('running already');
    world.record = { ...world.record, stage: { name: 'reads' } };
    await expect(ramps.tell(UNIT, 'start', ada)).rejects.toThrow('starts at shadow or canary, not at reads');
  });
});
