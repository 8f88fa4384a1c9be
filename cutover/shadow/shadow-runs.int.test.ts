import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultSampling, RouteTally, type LedgerReport, type ShadowOrder } from '../../edge/index.ts';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import { NO_EFFECTS } from '../effects/effect-tally.ts';
import { installControlSchema } from '../control/control-schema.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { RunStore } from './run-store.ts';
import { ShadowRuns } from './shadow-runs.ts';

const mariadb = useMariaDb();
const READ = 'GET /api/trips';
const WRITE = 'POST /api/trips';
const by = { who: 'ada@here', reason: 'before the canary' };

describe('runs of mirroring', () => {
  let store: RunStore;
  let plan: Plan;
  let record: UnitRecord;
  let orders: Readonly<Record<string, ShadowOrder>>;
  let told: LedgerReport[];
  let nowMs: number;
  let rehearsed: readonly EffectLedger[];
  const open: ShadowRuns[] = [];

  beforeEach(async () => {
    const { pool } = await mariadb.createDatabase();
    await installControlSchema(pool);
    await pool.query('DELETE FROM banyan.shadow_run');
    await pool.query('DELETE FROM banyan.shadow_ledger');
    await pool.query('DELETE FROM banyan.shadow_effects');
    store = new RunStore(pool);
    [plan, record, orders, told, nowMs, rehearsed] = [planWith({}), at('legacy'), {}, [], 1_000_000, []];
  });
  afterEach(async () => {
    for (const runs of open.splice(0)) await runs.stop();
  });

  it('are ordered of the edges, whose counts add up and outlive both control and an edge', async () => {
    record = at('canary');
    const runs = await start();
    const run = await runs.begin('trips', { ...by, name: 'noon' });
    expect(orders['trips']).toMatchObject({ run: run.id, sampling: { perSecond: defaultSampling.perSecond } });
    told = [ledger(run.id, 'edge a', 1, 30), ledger(run.id, 'edge b', 1, 20)];
    expect((await runs.report('trips')).routes[0]).toMatchObject({ route: READ, samples: 50, verdict: 'inconclusive' });
    told = [ledger(run.id, 'edge a', 2, 400)];
    expect((await runs.report('trips', 'noon')).routes[0]?.samples).toBe(420);
    await runs.stop();
    told = [ledger(run.id, 'edge a again', 1, 5)];
    const next = await start();
    expect(orders['trips']?.run).toBe(run.id);
    expect((await next.report('trips')).routes[0]?.samples).toBe(425);
  });

  it('begin by themselves at stage shadow, and not again once somebody ended one', async () => {
    const runs = await start();
    record = at('shadow');
    expect(await waitUntil(() => orders['trips'] !== undefined, { budgetMs: 20_000 })).toBe(true);
    expect((await runs.list('trips', 5)).map(({ who }) => who)).toEqual(['banyan']);
    await runs.end('trips');
    expect(orders).toEqual({});
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(orders).toEqual({});
  });

  it('end with their time, with their samples, with the stage, and when the rules are others', async () => {
    record = at('canary');
    const runs = await start();
    const endOf = async (): Promise<string | undefined> => {
      await waitUntil(() => orders['trips'] === undefined, { budgetMs: 20_000 });
      return (await runs.list('trips', 1))[0]?.end;
    };
    await runs.begin('trips', { ...by, name: 'short', target: { durationS: 60 } });
    nowMs += 60_000;
    expect(await endOf()).toBe('duration');
    nowMs++;
    const { id } = await runs.begin('trips', { ...by, name: 'few', target: { samples: 10 } });
    told = [ledger(id, 'edge a', 1, 10)];
    expect(await endOf()).toBe('samples');
    nowMs++;
    await runs.begin('trips', { ...by, name: 'rules' });
    plan = planWith({ headers: ['content-type'] });
    expect(await endOf()).toBe('rules-changed');
    expect(runs.standing('trips')?.isCurrent).toBe(false);
    nowMs++;
    await runs.begin('trips', { ...by, name: 'stage' });
    record = at('legacy');
    expect(await endOf()).toBe('unit-moved');
  });

  it('keep what rehearsed writes have shown, over restarts of control and of whoever compares them', async () => {
    record = at('canary');
    plan = { ...plan, apis: [...plan.apis, { method: 'POST', path: '/api/trips', shadow: 'dry-run' }] } as never;
    const runs = await start();
    const { id } = await runs.begin('trips', { ...by, name: 'noon' });
    rehearsed = [effectLedger('before', 'a', 9), effectLedger(id, 'a', 1)];
    expect((await runs.report('trips')).writes).toMatchObject([{ route: WRITE, equal: 1, verdict: 'inconclusive' }]);
    rehearsed = [effectLedger(id, 'b', 30)]; // Another process, which knows nothing of before.
    await runs.end('trips');
    rehearsed = [];
    const next = await start();
    expect((await next.report('trips', 'noon')).writes).toMatchObject([{ equal: 31, samples: 31, different: 0 }]);
    expect(next.standing('trips')?.writes).toMatchObject([{ equal: 31 }]);
  });

  it('forget values whose time is over, and nothing else', async () => {
    const told = ledger('run', 'edge a', 1, 10);
    const until = (expiresAtMs: number) => ({ kind: 'string', length: 5, sealed: { expiresAtMs, text: 'x' } }) as const;
    const difference = { path: '$.a', class: 'value', severity: 'major', count: 1 } as const;
    const differences = [{ ...difference, control: until(100), candidate: until(200) }];
    const routes = mapValues(told.routes, (route) => ({ ...route, kept: [{ at: 1, differences }] }));
    await store.keep({ ...told, routes }, 50);
    const sealed = async (): Promise<number> => JSON.stringify(await store.ledgers('run')).split('"sealed"').length - 1;
    expect(await sealed()).toBe(2);
    await store.forgetValues(100);
    expect(await sealed()).toBe(1);
    await store.forgetValues(200);
    expect(await sealed()).toBe(0);
    expect((await store.ledgers('run'))[0]?.routes[READ]?.counts.samples).toBe(10);
  });

  it('are refused where nothing is mirrored, while one goes on, and under a name that is taken', async () => {
    const runs = await start();
    await expect(runs.begin('trips', by)).rejects.toMatchObject({ code: 'SHADOW_RUN_REFUSED' });
    record = at('canary');
    await runs.begin('trips', { ...by, name: 'one' });
    await expect(runs.begin('trips', { ...by, name: 'two' })).rejects.toThrow('run one goes on');
    await runs.end('trips');
    await expect(runs.begin('trips', { ...by, name: 'one' })).rejects.toThrow('has a run one already');
    await expect(runs.report('trips', 'three')).rejects.toMatchObject({ code: 'SHADOW_RUN_UNKNOWN' });
    await expect(runs.end('trips')).rejects.toThrow('no run that goes on');
  });

  async function start(): Promise<ShadowRuns> {
    const edges = { orderRuns: (all: typeof orders) => void (orders = all), ledgers: () => told };
    const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
    const runs = new ShadowRuns({
      runs: store,
      plans: () => [plan],
      recordOf: () => record,
      edges,
      effects: () => Promise.resolve(rehearsed),
      clock,
      log: silentLog,
    });
    open.push(runs);
    await runs.start();
    return runs;
  }
});

function planWith(comparison: NonNullable<Plan['comparison']>): Plan {
  const shadow = {
    maxMismatchPercent: 1,
    confidencePercent: 95,
    falseFindingPercent: 1,
    minSubjects: 1,
    minShapes: 1,
    maxLagPercent: 5,
    maxWriteMismatchPercent: 10,
  };
  return { unit: 'trips', apis: [{ method: 'GET', path: '/api/trips' }], gates: { shadow }, comparison } as never;
}

function at(name: 'legacy' | 'shadow' | 'canary'): UnitRecord {
  return { unit: 'trips', stage: name === 'canary' ? { name, rung: 0 } : { name }, owner: 'legacy', epoch: 1 } as never;
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function effectLedger(run: string, id: string, equal: number): EffectLedger {
  return { run, ledger: id, revision: equal, routes: [{ ...NO_EFFECTS, route: WRITE, equal }] };
}

function ledger(run: string, id: string, revision: number, samples: number): LedgerReport {
  const tally = new RouteTally(READ, Buffer.alloc(32));
  const equal = { differences: [], ignored: [], isCut: false };
  for (let i = 0; i < samples; i++)
    tally.add({ atMs: i, subject: `${i}`, question: `${i}`, shape: '', candidate: equal, control: undefined });
  const route = { counts: tally.counts(), ignored: {}, controlMs: [], candidateMs: [], kept: [] };
  return { run, ledger: id, revision, routes: { [READ]: route }, skipped: {} };
}
