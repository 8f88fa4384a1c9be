import type { Position } from '../../cdc/index.ts';
import { silentLog } from '../../shared/index.ts';
import { Controller, type ControllerParts } from '../controller.ts';
import type { StoredVerification, UnitStore } from '../control/control-store.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunStanding } from '../shadow/run-standing.ts';
import type { HandoverMark, UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup, UnitRuntime } from '../unit/unit-runtime.ts';
import type { ModelWorld } from './model-world.fixture.ts';
import { UNIT } from './model-world.fixture.ts';
import { ModelProcess, type Outcome } from './schedule.fixture.ts';

const FAULTS: readonly Outcome[] = ['lost', 'failed'];

const verified: StoredVerification = {
  direction: 'forward',
  ageMs: 0,
  rows: 1,
  wrong: 0,
  result: { rows: 1, wrong: 0, coverage: 100 },
};

const equal = { rows: 0, wrong: 0, overflowed: false };

/** Of a run in which every route passed. */
const certified = {
  run: { name: 'model' },
  isCurrent: true,
  verdict: 'pass',
  routes: [],
  writes: [],
} as unknown as RunStanding;

export interface ModelOptions {
  /** What differs from a plan of one rung. */
  readonly plan?: Partial<Plan>;
  readonly traffic?: ControllerParts['traffic'];
  readonly evidence?: ControllerParts['evidence'];
}

/** The real controller on ports of the model. */
export function controllerOn(
  world: ModelWorld,
  process: ModelProcess,
  { plan = {}, traffic, evidence }: ModelOptions = {},
): Controller {
  return new Controller({
    store: storeOf(process, world),
    runtimes: new Map([[UNIT, runtimeOf(process, world, plan)]]),
    edges: edgesOf(process, world),
    publish: (record) => world.publish(record),
    traffic,
    evidence,
    shadow: { standing: () => certified },
    log: silentLog,
    clock: process.clock(world),
  });
}

/** What a handover moves: the unit, or a cohort of it. */
export type Whose = Pick<HandoverMark, 'direction' | 'cohort'>;

/** One whose calls wait for their turn. */
export class ModelController extends ModelProcess {
  readonly #controller: Controller;

  constructor(name: string, world: ModelWorld) {
    super(name);
    this.#controller = controllerOn(world, this);
  }

  start(): void {
    this.run(this.#controller.start());
  }

  /** One that has started before anything else happened. */
  static async started(name: string, world: ModelWorld): Promise<ModelController> {
    const process = new ModelController(name, world);
    process.isFree = true;
    await process.#controller.start();
    process.isFree = false;
    return process;
  }

  handOver({ direction, cohort }: Whose): void {
    const intent = { who: this.name, reason: 'model' };
    const moved = cohort && { name: cohort.name, members: cohort.keys };
    this.run(
      moved
        ? this.#controller.moveCohort(UNIT, moved, direction, intent)
        : this.#controller.handOver(UNIT, direction, intent),
    );
  }
}

function storeOf(process: ModelProcess, world: ModelWorld): UnitStore {
  const now = () => Promise.resolve(world.record);
  return {
    register: now,
    readAll: async () => [await now()],
    read: () => process.call('read', () => world.record, ['failed']),
    change: (before, event, note) =>
      process.call(`change ${event.type}`, () => world.change(before, event, note), FAULTS),
    note: (record, note) => Promise.resolve(world.tell(record, record, note)),
    saveVerification: () => Promise.resolve(),
    latestVerification: () => Promise.resolve(verified),
    journal: {
      since: (_, action, epoch) => Promise.resolve(linesSince(world, action, epoch)),
      stageSince: () => Promise.resolve(0),
      stageLine: () => Promise.resolve(world.journal.findLast(hasMoved)),
    },
  };
}

function edgesOf(process: ModelProcess, world: ModelWorld): EdgeGroup {
  return {
    hold: (_, { keys }) => process.call('hold', () => world.hold(keys), FAULTS),
    release: (_, epoch) => process.call('release', () => world.release(epoch)),
    counts: () => ({ reads: 0, pinned: 0 }),
    orderRuns: () => undefined,
    ledgers: () => [],
    flags: () => ({ ageMs: 0, isStale: false }),
    edges: () => [{ name: 'model', address: '' }],
    configure: () => Promise.resolve([]),
  };
}

function linesSince({ journal }: ModelWorld, action: string, since: number): JournalEntry[] {
  return journal.filter((line) => line.action === action && line.epoch >= since);
}

function hasMoved({ before, after }: JournalEntry): boolean {
  return (before as UnitRecord).stage.name !== (after as UnitRecord).stage.name;
}

function runtimeOf(process: ModelProcess, world: ModelWorld, changes: Partial<Plan>): UnitRuntime {
  const nothing = () => Promise.resolve();
  const plan = {
    unit: UNIT,
    rollout: { ladder: [{ percent: 100 }] },
    apis: [],
    gates: { lag: { maxMs: 1 }, verification: { maxAgeMinutes: 1 }, shadow: { maxMismatchPercent: 1 } },
    ...(world.bystanders.length > 0 && { ownerKey: { legacy: {}, service: {} } }),
    ...changes,
  };
  const measured = {
    sync: { state: 'streaming', ready: true },
    lagMs: 0,
    health: { ok: true, detail: 'ready' },
    parked: 0,
    numbering: { isDisjoint: true, detail: '' },
    reverse: { armed: true, rehearsalAgeMs: 0 },
  };
  const runtime: Partial<UnitRuntime> = {
    unit: { plan, digest: 'a'.repeat(64) } as unknown as UnitRuntime['unit'],
    start: nothing,
    stop: nothing,
    arm: nothing,
    disarm: nothing,
    retire: () => Promise.resolve({ removed: [], wasDone: false }),
    measure: () => Promise.resolve(measured),
    verify: () => Promise.resolve({ ...verified.result } as unknown as Awaited<ReturnType<UnitRuntime['verify']>>),
    verifyHot: () => Promise.resolve(equal),
    verifyKeys: () => Promise.resolve(equal),
    head: async (side) => positionOf(await process.call('head', () => world.logs[side].length)),
    caughtUp: (side, position) =>
      process.call(
        'catch up',
        () => {
          world.apply(side, Number(position.get(0)?.sequence));
          return true;
        },
        ['failed'],
      ),
    ownerOn: (side, keys) =>
      process.call('owner', () => (keys ? world.fences[side].ownerOf(keys) : world.fences[side].owner)),
    servedOn: (side) => process.call('served', () => world.fences[side].served),
    flip: (side, to, epoch, keys) => {
      const flip = { side, to, epoch, keys };
      return process.call(
        `flip ${keys?.join() ?? 'unit'} on ${side} to ${to}`,
        () => world.flip(flip),
        FAULTS,
        () => world.flipLate(flip),
      );
    },
  };
  return runtime as UnitRuntime;
}

function positionOf(sequence: number): Position {
  return new Map([[0, { server: 1, sequence: BigInt(sequence) }]]);
}
