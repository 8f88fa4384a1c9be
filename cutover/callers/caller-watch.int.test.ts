import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics, silentLog } from '../../shared/index.ts';
import type { WritePeriods } from '../../edge/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { installControlSchema } from '../control/control-schema.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { CallerStore } from './caller-store.ts';
import { CallerWatch } from './caller-watch.ts';
import type { SourceWritesReport, WriteGroup } from './source-writes.ts';

const mariadb = useMariaDb();
const group = (id: number, agoMs: number, users: string[] = []): WriteGroup => ({
  id,
  agoMs,
  lateMs: 100,
  tables: { trips: 2 },
  users,
});

describe('the watch over who writes to legacy', () => {
  let store: CallerStore;
  let report: SourceWritesReport;
  let writing: WritePeriods | undefined;
  let record: Pick<UnitRecord, 'owner' | 'stage'>;

  beforeEach(async () => {
    const { pool } = await mariadb.createDatabase();
    await installControlSchema(pool);
    store = new CallerStore(pool);
    await pool.query('DELETE FROM banyan.caller_watch');
    await pool.query('DELETE FROM banyan.unseen_write');
    writing = { knownMs: 60_000, periods: [] };
    record = { owner: 'legacy', stage: { name: 'canary', rung: 0 } };
  });

  /** One control process. */
  function started(registry = createMetrics()): CallerWatch {
    const plan = { apis: [], dataOwnership: { legacy: { schema: 'fleet', tables: ['trips'] } } };
    const runtime = { unit: { plan }, sourceWrites: () => Promise.resolve(report) } as unknown as UnitRuntime;
    return new CallerWatch({
      runtimes: new Map([['trips', runtime]]),
      edges: { counts: () => ({ reads: 0, pinned: 0, ...(writing && { writing }) }) },
      recordOf: () => record as UnitRecord,
      callers: store,
      registry,
      log: silentLog,
    });
  }

  async function seen(watch: CallerWatch): Promise<number> {
    await watch.look('trips');
    return (await watch.callersOf('trips')).writes.reduce((sum, { transactions }) => sum + transactions, 0);
  }

  it('counts once what it sees again, also after a restart of control, and what a new sync has read', async () => {
    report = { run: 'sync-1', groups: [group(1, 9_000, ['cron@here'])] };
    const watch = started();
    expect([await seen(watch), await seen(watch), await seen(started())]).toEqual([2, 2, 2]);
    report = { run: 'sync-1', groups: [...report.groups, group(2, 4_000)] };
    expect(await seen(started())).toBe(4);
    report = { run: 'sync-2', groups: [group(1, 4_000)] };
    expect(await seen(started())).toBe(6);
  });

  it('waits with what nobody can tell yet, and judges it later', async () => {
    report = { run: 'sync-1', groups: [group(1, 500)] };
    const watch = started();
    expect(await seen(watch)).toBe(0);
    report = { run: 'sync-1', groups: [group(1, 4_500)] };
    expect(await seen(watch)).toBe(2);
  });

  it('lists nothing that an edge explains, and says how often it could not have seen anything', async () => {
    writing = { knownMs: 60_000, periods: [[60_000, 0]] };
    report = { run: 'sync-1', groups: [group(1, 9_000)] };
    const watch = started();
    expect(await seen(watch)).toBe(0);
    expect(await watch.callersOf('trips')).toMatchObject({ writes: [], openPercent: 0 });
  });

  it('says so when it was too late to judge', async () => {
    report = { run: 'sync-1', groups: [{ ...group(1, 9_000), lateMs: 60_000 }] };
    const watch = started();
    expect(await seen(watch)).toBe(0);
    expect((await watch.callersOf('trips')).unsure).toBe(2);
  });

  it('counts for Prometheus from nothing on, by table, and looks at no unit that is retired', async () => {
    report = { run: 'sync-1', groups: [group(1, 9_000)] };
    const registry = createMetrics();
    const watch = started(registry);
    const counted = async (): Promise<number> => {
      const text = await registry.metrics();
      return Number(/banyan_unseen_writes_total\{unit="trips",table="trips"\} (\d+)/.exec(text)?.[1]);
    };
    expect(await counted()).toBe(0);
    record = { owner: 'service', stage: { name: 'retired' } };
    await watch.look('trips');
    expect(await counted()).toBe(0);
    record = { owner: 'legacy', stage: { name: 'reads' } };
    await watch.look('trips');
    expect(await counted()).toBe(2);
  });
});
