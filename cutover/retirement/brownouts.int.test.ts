import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { ControlStore } from '../control/control-store.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { BrownoutRecord } from './brownout-schedule.ts';
import { Brownouts } from './brownouts.ts';

const mariadb = useMariaDb();
const BY = { who: 'ada@here', reason: 'who still needs it?' };
const MINUTE = 60_000;
const retirement = {
  quietDays: 1,
  callers: ['key:billing'],
  brownout: [
    { slowMs: 500, minutes: 10 },
    { status: 503 as const, minutes: 5 },
  ],
};

describe('a brownout, followed by control', () => {
  let store: ControlStore;
  let record: UnitRecord;
  let nowMs: number;
  let ended: number | undefined;
  let brownouts: Brownouts;

  beforeEach(async () => {
    const { pool } = await mariadb.createDatabase();
    await installControlSchema(pool);
    store = new ControlStore(pool);
    await store.register('trips', 'd'.repeat(64));
    await pool.query(
      `UPDATE banyan.unit SET stage = '{"name":"owned"}', owner = 'service', brownout = NULL WHERE unit = 'trips'`,
    );
    record = await store.read('trips');
    [nowMs, ended] = [1_000_000, undefined];
    brownouts = new Brownouts({
      units: [{ plan: { unit: 'trips', retirement } }] as unknown as DeclaredUnit[],
      store,
      edges: { counts: () => ({ reads: 0, pinned: 0, ...(ended !== undefined && { brownoutEnded: ended }) }) },
      recordOf: () => record,
      controller: { brownOut },
      log: silentLog,
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    });
  });
  afterEach(() => brownouts.stop());

  async function brownOut(unit: string, order: BrownoutRecord | undefined, intent: Intent): Promise<void> {
    record = await store.read(unit);
    record = await store.change(record, { type: 'brownout', order }, noteOf(intent, intent.action ?? ''));
  }

  /** One look, and what the journal says last. */
  async function after(elapsedMs: number): Promise<string | undefined> {
    nowMs = 1_000_000 + elapsedMs;
    await brownouts.look();
    return (await store.journal.list({ unit: 'trips', limit: 1 }))[0]?.action;
  }

  it('takes the steps of the plan when they are due, and is over after the last', async () => {
    const { now } = await brownouts.tell('trips', 'start', BY);
    expect(now).toMatchObject({ step: 0, slowMs: 500, callers: ['key:billing'] });
    expect(await after(9 * MINUTE)).toBe('brownout-start');
    expect(await after(10 * MINUTE)).toBe('brownout-step');
    expect(record.brownout).toMatchObject({ id: now?.id, step: 1, status: 503 });
    expect(record.brownout).not.toHaveProperty('slowMs');
    expect(await after(15 * MINUTE)).toBe('brownout-over');
    expect((await store.read('trips')).brownout).toBeUndefined();
  });

  it('ends when an edge met whoever must not be broken, and says so', async () => {
    const { now } = await brownouts.tell('trips', 'start', BY);
    ended = (now?.id ?? 0) - 1;
    expect(await after(1)).toBe('brownout-start');
    ended = now?.id;
    expect(await after(2)).toBe('brownout-restored');
    expect((await store.read('trips')).brownout).toBeUndefined();
  });

  it('is one at a time', async () => {
    await expect(brownouts.tell('trips', 'stop', BY)).rejects.toMatchObject({ code: 'BROWNOUT_REFUSED' });
    await brownouts.tell('trips', 'start', BY);
    await expect(brownouts.tell('trips', 'start', BY)).rejects.toMatchObject({ code: 'BROWNOUT_REFUSED' });
    expect((await brownouts.tell('trips', 'stop', BY)).now).toBeUndefined();
  });

  it('ends with whatever else happens to the unit', async () => {
    await brownouts.tell('trips', 'start', BY);
    const begun = await store.change(record, { type: 'begin', direction: 'rollback', ...BY }, noteOf(BY, 'rollback'));
    expect([begun.handover?.direction, begun.brownout]).toEqual(['rollback', undefined]);
    await expect(brownOut('trips', undefined, BY)).rejects.toMatchObject({ code: 'STAGE_REFUSED' });
  });
});
