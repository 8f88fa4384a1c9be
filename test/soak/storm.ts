import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitLine } from '../../cli/index.ts';
import { messageOf, waitUntil } from '../../shared/index.ts';
import type { Distributed, ProcessName } from '../support/distributed.ts';
import type { World } from '../support/world.ts';

type Victim = ProcessName | 'service';

const VICTIMS: readonly Victim[] = ['control', 'sync', 'edge', 'edge-2', 'service'];
/** Users of both edges. */
const COHORT = { name: 'beta', members: ['11', '12', '13', '51', '52', '53'] };
/** Of a handover, whose first is that its gates have passed. Whoever is killed after the last finds it over. */
const STEPS = 9;
/** A step takes some milliseconds; the kill comes in one of them. */
const LATEST_KILL_MS = 20;
const WHY = { who: 'soak@here', reason: 'a storm' };
const SETTLE_MS = 90_000;

interface Move {
  readonly path: string;
  readonly body: object;
}

const unitMoves = {
  cutover: { path: '/v1/units/trips/cutover', body: {} },
  rollback: { path: '/v1/units/trips/rollback', body: {} },
};
const cohortPath = `/v1/units/trips/cohorts/${COHORT.name}`;
const cohortMoves = {
  move: { path: `${cohortPath}/move`, body: { members: COHORT.members } },
  return: { path: `${cohortPath}/return`, body: {} },
};

/** Handovers one after the other, of a unit or of a cohort of it, each with a kill. */
export class Storm {
  readonly outcomes: Record<string, number> = {};
  readonly kills: Record<string, number> = {};
  ownerChanges = 0;
  cohortChanges = 0;
  readonly #world: World;
  readonly #banyan: Distributed;
  readonly #random: () => number;
  #owner = 'legacy';
  #isAway = false;
  #next: Move = unitMoves.cutover;

  constructor(world: World, banyan: Distributed, random: () => number) {
    this.#world = world;
    this.#banyan = banyan;
    this.#random = random;
  }

  /** One handover, one kill at one of its steps, and the wait until everything is settled again. */
  async round(): Promise<void> {
    const victim = VICTIMS[Math.floor(this.#random() * VICTIMS.length)] ?? 'control';
    const [after, delayMs] = [Math.floor(this.#random() * STEPS), this.#random() * LATEST_KILL_MS];
    const isReached = Promise.withResolvers<void>();
    let steps = 0;
    const step = (): void => {
      if (++steps >= after) isReached.resolve();
    };
    const handover = this.#handOver(step).finally(() => isReached.resolve());
    if (after > 0) await isReached.promise;
    await sleep(delayMs);
    await this.#killAndStart(victim);
    count(this.kills, victim);
    count(this.outcomes, await handover);
    await this.#settle();
  }

  async #handOver(onStep: () => void): Promise<string> {
    const { path, body } = this.#next;
    try {
      return (await this.#banyan.control.run<{ outcome: string }>(path, { ...WHY, ...body }, onStep)).outcome;
    } catch {
      return 'unanswered';
    }
  }

  async #killAndStart(victim: Victim): Promise<void> {
    const { service } = this.#world;
    await (victim === 'service' ? service.kill() : this.#banyan.kill(victim));
    await sleep(this.#random() * 200);
    await (victim === 'service' ? service.start() : this.#banyan.start(victim));
  }

  /** Nothing under way, and every gate of the next handover open. */
  async #settle(): Promise<void> {
    let last = '';
    const isSettled = async (): Promise<boolean> => {
      try {
        const { record } = await this.#banyan.unit();
        if (record.handover) return ((last = 'a handover is under way'), false);
        this.#see(record);
        last = await this.#closedGates();
        // Which rows are hot is in sync's memory: after its death the operator verifies again.
        if (last.includes('hot rows')) await this.#verify();
        return last === '';
      } catch (error) {
        last = messageOf(error);
        return false;
      }
    };
    if (!(await waitUntil(isSettled, { budgetMs: SETTLE_MS, everyMs: 50 }))) throw new Error(`never settled: ${last}`);
  }

  /** Counts what has moved, and chooses what moves next: while a cohort is away the unit stays. */
  #see({ owner, cohorts = {} }: UnitLine['record']): void {
    const isAway = Object.keys(cohorts).length > 0;
    const hasMoved = owner !== this.#owner || isAway !== this.#isAway;
    if (owner !== this.#owner) this.ownerChanges += 1;
    if (isAway !== this.#isAway) this.cohortChanges += 1;
    [this.#owner, this.#isAway] = [owner, isAway];
    if (!hasMoved) return;
    if (owner === 'service') this.#next = unitMoves.rollback;
    else if (isAway) this.#next = cohortMoves.return;
    else this.#next = this.#random() < 0.5 ? cohortMoves.move : unitMoves.cutover;
  }

  /** With nobody killed: where the unit is, all of its rows are. */
  async bringHome(): Promise<void> {
    const isHome = async (): Promise<boolean> => {
      if (this.#isAway) count(this.outcomes, await this.#handOver(() => undefined));
      await this.#settle();
      return !this.#isAway;
    };
    if (!(await waitUntil(isHome, { budgetMs: SETTLE_MS, everyMs: 50 }))) throw new Error('the cohort did not return');
  }

  async #verify(): Promise<void> {
    for (const direction of ['forward', 'reverse']) await verify(this.#banyan, direction);
  }

  async #closedGates(): Promise<string> {
    const { path, body } = this.#next;
    const { control } = this.#banyan;
    const move = await control.run<{ outcome: string; gates?: { gate: string; verdict: string; value?: string }[] }>(
      path,
      { ...WHY, ...body, dryRun: true },
      () => undefined,
    );
    const closed = (move.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
    return closed.map(({ gate, value = 'unknown' }) => `${gate}: ${value}`).join('; ');
  }
}

/** All rows of one direction. */
export function verify({ control }: Distributed, direction: string): Promise<{ rows: number; wrong: number }> {
  return control.run('/v1/units/trips/verify', { direction }, () => undefined);
}

function count(into: Record<string, number>, name: string): void {
  into[name] = (into[name] ?? 0) + 1;
}
