import { setTimeout as sleep } from 'node:timers/promises';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { messageOf, seededRandom, waitUntil } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startDistributed, type Distributed, type ProcessName } from '../support/distributed.ts';
import { joinPipeline, startPipeline } from '../support/pipeline.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import { startWorld, type World } from '../support/world.ts';

export interface CutoverSoakOptions {
  /** Handovers that are begun, there and back in turns; each with a kill. */
  readonly handovers: number;
  readonly seed: number;
  /** What carries the changes of both directions; the log itself unless told otherwise. */
  readonly over?: 'binlog' | 'kafka';
  readonly onProgress?: (begun: number, outcomes: Readonly<Record<string, number>>) => void;
}

export interface CutoverSoakReport {
  /** What became of them: done, cancelled, refused, or unanswered, and then settled by whoever came next. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Handovers in which each process was killed. */
  readonly kills: Readonly<Record<string, number>>;
  /** How often the rows changed their owner. */
  readonly ownerChanges: number;
  readonly acknowledgedWrites: number;
  /** Writes whose answer was lost with a process. */
  readonly unknownWrites: number;
  readonly staleReads: number;
  readonly rows: number;
  /** Acknowledged writes that are not exactly once on the owner, and rows that differ between the sides. */
  readonly findings: readonly string[];
  readonly seconds: number;
}

type Victim = ProcessName | 'service';

const VICTIMS: readonly Victim[] = ['control', 'sync', 'edge', 'edge-2', 'service'];
/** Of a handover, whose first is that its gates have passed. Whoever is killed after the last finds it over. */
const STEPS = 9;
/** A step takes some milliseconds; the kill comes in one of them. */
const LATEST_KILL_MS = 20;
const WHY = { who: 'soak@here', reason: 'a storm' };
const SETTLE_MS = 90_000;

/**
 * Hands a unit over and back again and again while users write through two edges; in each handover one process is killed
 * (-9) at a random moment, and started again a moment later. Then looks for every acknowledged write on the owner, and
 * compares all rows of both sides, both ways.
 */
export async function soakCutovers(options: CutoverSoakOptions): Promise<CutoverSoakReport> {
  const startedAt = Date.now();
  const ground = await prepare(options.over ?? 'binlog');
  const { world, banyan } = ground;
  const traffic = banyan.edgeUrls.map((baseUrl, i) => usersAt(baseUrl, i));
  try {
    await Promise.all(traffic.map((one) => one.start()));
    await banyan.walkTo('reads');
    const storm = new Storm(world, banyan, seededRandom(options.seed));
    for (let i = 0; i < options.handovers; i++) {
      await storm.round();
      options.onProgress?.(i + 1, storm.outcomes);
    }
    await Promise.all(traffic.map((one) => one.pause()));
    const end = await lookAtTheEnd(world, banyan, traffic);
    const { outcomes, kills, ownerChanges } = storm;
    return { outcomes, kills, ownerChanges, ...end, seconds: Math.round((Date.now() - startedAt) / 1000) };
  } finally {
    await Promise.all(traffic.map((one) => one.stop()));
    await ground.stop();
  }
}

interface Ground {
  readonly world: World;
  readonly banyan: Distributed;
  stop(): Promise<void>;
}

/** The world with two edges in front of it; what was started is stopped in turn, also when something does not start. */
async function prepare(over: 'binlog' | 'kafka'): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  try {
    const world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 } });
    stack.defer(() => world.stop());
    const settings = over === 'kafka' ? await joined(world, stack) : {};
    const env = { ...settings, BANYAN_PLANS: plans(), LOG_LEVEL: 'fatal' };
    const banyan = await startDistributed(world, env, { edges: 2 });
    stack.defer(() => banyan.stop());
    return { world, banyan, stop: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function joined(world: World, stack: AsyncDisposableStack): Promise<Readonly<Record<string, string>>> {
  const pipeline = await startPipeline();
  stack.defer(() => pipeline.stop());
  return joinPipeline(pipeline, world);
}

function plans(): string {
  return changedPlans((plan) =>
    Object.assign(plan['gates'] ?? {}, {
      shadow: QUICK_SHADOW,
      verification: { maxAgeMinutes: 1_440 },
      // An applier that comes back has some to catch up; the handover waits for that by itself.
      lag: { maxMs: 5_000 },
    }),
  );
}

function usersAt(baseUrl: string, i: number): Traffic {
  const users = { from: 11 + i * 40, count: 40 };
  return createTraffic({ baseUrl, users, requestsPerSecond: 60, seed: i + 1, timeoutMs: 10_000 });
}

class Storm {
  readonly outcomes: Record<string, number> = {};
  readonly kills: Record<string, number> = {};
  ownerChanges = 0;
  readonly #world: World;
  readonly #banyan: Distributed;
  readonly #random: () => number;
  #owner = 'legacy';

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
    const direction = this.#owner === 'legacy' ? 'cutover' : 'rollback';
    try {
      const path = `/v1/units/trips/${direction}`;
      return (await this.#banyan.control.run<{ outcome: string }>(path, WHY, onStep)).outcome;
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
        if (record.owner !== this.#owner) this.ownerChanges += 1;
        this.#owner = record.owner;
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

  async #verify(): Promise<void> {
    for (const direction of ['forward', 'reverse']) await verify(this.#banyan, direction);
  }

  async #closedGates(): Promise<string> {
    const direction = this.#owner === 'legacy' ? 'cutover' : 'rollback';
    const { control } = this.#banyan;
    const body = { ...WHY, dryRun: true };
    const move = await control.run<{ outcome: string; gates?: { gate: string; verdict: string; value?: string }[] }>(
      `/v1/units/trips/${direction}`,
      body,
      () => undefined,
    );
    const closed = (move.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
    return closed.map(({ gate, value = 'unknown' }) => `${gate}: ${value}`).join('; ');
  }
}

type End = Omit<CutoverSoakReport, 'outcomes' | 'kills' | 'ownerChanges' | 'seconds'>;

async function lookAtTheEnd(world: World, banyan: Distributed, traffic: readonly Traffic[]): Promise<End> {
  const { record } = await banyan.unit();
  const accounts = await Promise.all(traffic.map((one) => accountFor(one, world, record.owner)));
  const verified = [];
  for (const direction of ['forward', 'reverse']) verified.push(await verify(banyan, direction));
  const reports = traffic.map((one) => one.report());
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  return {
    acknowledgedWrites: sum(reports.map(({ acknowledgedWrites }) => acknowledgedWrites)),
    unknownWrites: sum(reports.map(({ unknownWrites }) => unknownWrites)),
    staleReads: sum(reports.map(({ staleReads }) => staleReads)),
    rows: sum(verified.map(({ rows }) => rows)),
    findings: [
      ...accounts.flatMap(({ findings }) =>
        findings.map(({ kind, clientRef, what }) => `${kind} ${clientRef}: ${what}`),
      ),
      ...verified.filter(({ wrong }) => wrong > 0).map(({ wrong, rows }) => `${wrong} of ${rows} rows differ`),
    ],
  };
}

function verify({ control }: Distributed, direction: string): Promise<{ rows: number; wrong: number }> {
  return control.run('/v1/units/trips/verify', { direction }, () => undefined);
}

function count(into: Record<string, number>, name: string): void {
  into[name] = (into[name] ?? 0) + 1;
}
