import { beforeAll, describe, expect, it } from '@jest/globals';
import { useMariaDb } from '../../test/support/index.ts';
import { openPool, type Pool } from '../../shared/index.ts';
import { installControlSchema } from './control-schema.ts';
import { ControlStore } from './control-store.ts';

const database = useMariaDb();
const note = { who: 'ada@host', reason: 'because', action: 'test' };
const advance = { type: 'step', step: { type: 'advance' }, rungs: 1 } as const;
let pool: Pool;
let store: ControlStore;

beforeAll(async () => {
  ({ pool } = await database.createDatabase());
  await installControlSchema(pool);
  store = new ControlStore(pool);
});

describe('the control database', () => {
  it('registers a unit once, at stage legacy', async () => {
    const first = await store.register('once', 'digest');
    await store.change(first, advance, note);
    expect(await store.register('once', 'other')).toMatchObject({
      stage: { name: 'shadow' },
      epoch: 2,
      owner: 'legacy',
    });
  });

  it('invariant 2: of two changes from the same epoch one is made and the other refused', async () => {
    const seen = await store.register('contended', 'digest');
    const attempts = [1, 2].map(() => store.change(seen, advance, note));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'EPOCH_STALE' } });
    expect((await store.read('contended')).epoch).toBe(seen.epoch + 1);
    expect(await store.journal.list({ unit: 'contended' })).toHaveLength(1);
  });

  it('journals who, why, and the state before and after', async () => {
    const seen = await store.register('told', 'digest');
    await store.change(seen, advance, { ...note, detail: { gates: [] } });
    expect((await store.journal.list({ unit: 'told' }))[0]).toMatchObject({
      who: 'ada@host',
      reason: 'because',
      before: { stage: { name: 'legacy' }, epoch: 1 },
      after: { stage: { name: 'shadow' }, epoch: 2 },
      detail: { gates: [] },
    });
  });

  it.each(["UPDATE banyan.journal SET who = 'eve'", 'DELETE FROM banyan.journal'])(
    'refuses %s, whoever asks',
    async (sql) => {
      const seen = await store.register('kept', 'digest');
      await store.note(seen, note);
      await expect(pool.query(sql)).rejects.toThrow('the journal is append-only');
    },
  );

  it('refuses an event that there is not, and changes nothing', async () => {
    const seen = await store.register('settled', 'digest');
    await expect(store.change(seen, { type: 'commit' }, note)).rejects.toMatchObject({ code: 'STAGE_REFUSED' });
    expect(await store.read('settled')).toEqual(seen);
  });

  it('says which unit it does not know', async () => {
    await expect(store.read('nowhere')).rejects.toMatchObject({ code: 'UNIT_UNKNOWN' });
  });

  it('says that the server does not answer, and worth trying again', async () => {
    const nobody = openPool('mysql://root@127.0.0.1:1');
    await expect(new ControlStore(nobody).readAll()).rejects.toMatchObject({
      code: 'CONTROL_UNREACHABLE',
      retriable: true,
    });
    await nobody.end();
  });
});
