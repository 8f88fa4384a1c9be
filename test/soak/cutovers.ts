import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { seededRandom } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { joinPipeline, startPipeline } from '../support/pipeline.ts';
import { cohortPlans, QUICK_SHADOW } from '../support/plans.ts';
import { startWorld, type World } from '../support/world.ts';
import { Storm, verify } from './storm.ts';

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
  /** How often the rows of the unit changed their owner, and how often those of the cohort alone. */
  readonly ownerChanges: number;
  readonly cohortChanges: number;
  readonly acknowledgedWrites: number;
  /** Writes whose answer was lost with a process. */
  readonly unknownWrites: number;
  readonly staleReads: number;
  readonly rows: number;
  /** Acknowledged writes that are not exactly once on the owner, and rows that differ between the sides. */
  readonly findings: readonly string[];
  readonly seconds: number;
}

/**
 * Hands a unit, or one cohort of it, over and back again and again while users write through two edges; in each handover
 * one process is killed (-9) at a random moment, and started again a moment later. Then looks for every acknowledged write on the owner, and
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
    await storm.bringHome();
    await Promise.all(traffic.map((one) => one.pause()));
    const end = await lookAtTheEnd(world, banyan, traffic);
    const { outcomes, kills, ownerChanges, cohortChanges } = storm;
    return {
      outcomes,
      kills,
      ownerChanges,
      cohortChanges,
      ...end,
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
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
    const world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 }, ownNumbers: true });
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
  return cohortPlans({
    shadow: QUICK_SHADOW,
    verification: { maxAgeMinutes: 1_440 },
    // An applier that comes back has some to catch up; the handover waits for that by itself.
    lag: { maxMs: 5_000 },
  });
}

function usersAt(baseUrl: string, i: number): Traffic {
  const users = { from: 11 + i * 40, count: 40 };
  return createTraffic({ baseUrl, users, requestsPerSecond: 60, seed: i + 1, timeoutMs: 10_000 });
}

type End = Omit<CutoverSoakReport, 'outcomes' | 'kills' | 'ownerChanges' | 'cohortChanges' | 'seconds'>;

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
