import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openPool, type Pool } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { ControlDatabase } from '../control/control-database.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { ControlStore } from '../control/control-store.ts';
import { ChainCheck, type ChainVerdict } from './chain.ts';
import { Journal } from './journal.ts';

const server = useMariaDb();
const why = { who: 'ada@host', action: 'test', reason: 'because' };
const advance = { type: 'step', step: { type: 'advance' }, rungs: 1 } as const;
let pool: Pool;
let journal: Journal;

beforeAll(async () => {
  ({ pool } = await server.createDatabase());
});

beforeEach(async () => {
  await pool.query('DROP DATABASE IF EXISTS banyan');
  await installControlSchema(pool);
  journal = new Journal(new ControlDatabase(pool));
});

async function verdict(): Promise<ChainVerdict> {
  const check = new ChainCheck();
  return check.end(await journal.readAll((entry) => check.take(entry)));
}

async function withLines(count: number): Promise<void> {
  for (let epoch = 1; epoch <= count; epoch++) await journal.append({ ...why, unit: 'trips', epoch });
}

/** What somebody with the database's own password can do. */
async function pastTheTriggers(...statements: string[]): Promise<void> {
  for (const name of ['no_update', 'no_delete', 'end_forwards', 'end_no_delete'])
    await pool.query(`DROP TRIGGER banyan.journal_${name}`);
  for (const statement of statements) await pool.query(statement);
}

describe('the journal', () => {
  it('is a chain of lines without gaps, read back as it was written', async () => {
    const line = { ...why, reason: 'naïve ☃ \uD800', unit: 'trips', epoch: 1, evidence: ['https://tickets/1'] };
    await journal.append({ ...line, before: { b: 1, a: undefined }, detail: { z: [1.5, null], a: 'é' } });
    await withLines(3);
    expect((await journal.list()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect((await journal.list({ limit: 4 }))[0]).toMatchObject({ evidence: ['https://tickets/1'], before: { b: 1 } });
    expect(await verdict()).toMatchObject({ holds: true, lines: 4 });
  });

  it('is not forked by twelve writers on three pools at once', async () => {
    const pools = [1, 2, 3].map(() => openPool(server.server.url('root', '', 'banyan')));
    const stores = pools.map((own) => new ControlStore(own));
    const seen = await Promise.all(stores.map((store, index) => store.register(`unit-${index}`, 'digest')));
    const writers = stores.flatMap((store, index) => [0, 1, 2, 3].map((n) => writer(store, seen[index], n)));
    await Promise.all(writers);
    await Promise.all(pools.map((own) => own.end()));
    expect(await verdict()).toMatchObject({ holds: true, lines: 3 + 9 * 5 });
  });

  it('keeps no line and no gap of a transaction that failed', async () => {
    await withLines(1);
    const store = new ControlStore(pool);
    const seen = await store.register('trips', 'digest');
    await store.change(seen, advance, why);
    await expect(store.change(seen, advance, why)).rejects.toMatchObject({ code: 'EPOCH_STALE' });
    await withLines(1);
    expect(await verdict()).toMatchObject({ holds: true, lines: 3, last: { id: 3 } });
  });

  it('gives the lines of a unit from the newest of one action on', async () => {
    for (const action of ['ramp-start', 'a', 'ramp-start', 'b'])
      await journal.append({ ...why, action, unit: 'trips', epoch: 1 });
    await journal.append({ ...why, unit: 'users', epoch: 1 });
    const actions = (await journal.sinceLast('trips', 'ramp-start')).map(({ action }) => action);
    expect(actions).toEqual(['ramp-start', 'b']);
    expect(await journal.sinceLast('users', 'ramp-start')).toEqual([]);
  });

  it('refuses a line without a reason', async () => {
    await expect(journal.append({ ...why, reason: ' ', unit: 'trips', epoch: 1 })).rejects.toMatchObject({
      code: 'REASON_MISSING',
    });
  });

  it.each([
    "UPDATE banyan.journal SET who = 'eve'",
    'DELETE FROM banyan.journal',
    'UPDATE banyan.journal_end SET id = 1',
    'DELETE FROM banyan.journal_end',
  ])('refuses %s', async (sql) => {
    await withLines(3);
    await expect(pool.query(sql)).rejects.toThrow(/banyan: the (end of the )?journal/);
  });
});

describe('what was done to the rows themselves is found', () => {
  it.each([
    ['changed', 2, "UPDATE banyan.journal SET reason = 'nothing happened' WHERE id = 2"],
    ['changed', 3, `UPDATE banyan.journal SET after_state = '{"owner":"service"}' WHERE id = 3`],
    ['removed', 3, 'DELETE FROM banyan.journal WHERE id = 2'],
    ['removed', 3, 'DELETE FROM banyan.journal WHERE id < 3'],
    ['cut-off', 4, 'DELETE FROM banyan.journal WHERE id = 5'],
    ['cut-off', 5, 'DELETE FROM banyan.journal_end'],
    ['moved', 3, 'UPDATE banyan.journal SET id = CASE id WHEN 3 THEN 9 ELSE 3 END WHERE id IN (3, 4) ORDER BY id'],
  ])('%s: line %i after %s', async (what, id, sql) => {
    await withLines(5);
    await pastTheTriggers(sql);
    expect(await verdict()).toMatchObject({ holds: false, what, id });
  });

  it('and a lost end is taken up again at a start, which the journal tells', async () => {
    await withLines(2);
    await pastTheTriggers('DELETE FROM banyan.journal_end');
    await expect(withLines(1)).rejects.toMatchObject({ code: 'JOURNAL_END_LOST' });
    await installControlSchema(pool);
    expect((await journal.list()).at(-1)).toMatchObject({ id: 3, action: 'journal-end-restored' });
    expect(await verdict()).toMatchObject({ holds: true });
  });
});

describe('a journal of a version without hashes', () => {
  const earlier = `CREATE TABLE banyan.journal (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, unit VARCHAR(64) NOT NULL, epoch BIGINT UNSIGNED NOT NULL,
    at DATETIME(3) NOT NULL, who VARCHAR(128) NOT NULL, action VARCHAR(64) NOT NULL, reason TEXT NOT NULL,
    before_state JSON NULL, after_state JSON NULL, detail JSON NULL, KEY journal_unit (unit, id)) ENGINE=InnoDB`;
  const insert = `INSERT INTO banyan.journal (id, unit, epoch, at, who, action, reason, detail)
    VALUES (?, 'trips', 1, '2026-11-21 08:00:00.123', 'ada', 'x', 'y', '{"b" : 1,"a":2}')`;

  beforeEach(async () => {
    for (const statement of ['DROP DATABASE banyan', 'CREATE DATABASE banyan', earlier]) await pool.query(statement);
    await pool.query(`CREATE TRIGGER banyan.journal_no_update BEFORE UPDATE ON banyan.journal FOR EACH ROW
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'banyan: the journal is append-only'`);
    for (const id of [1, 2, 7]) await pool.query(insert, [id]);
  });

  it('is made a chain once, by whichever of two processes starts first, and says so', async () => {
    await Promise.all([installControlSchema(pool), installControlSchema(pool)]);
    await withLines(1);
    const entries = await journal.list();
    expect(entries.map(({ id, action }) => `${id} ${action}`)).toEqual([
      '1 x',
      '2 x',
      '7 x',
      '8 journal-chained',
      '9 test',
    ]);
    expect(await verdict()).toMatchObject({ holds: true, lines: 5 });
  });

  it('takes no line any more from a process of that version', async () => {
    await installControlSchema(pool);
    await expect(pool.query(insert, [9])).rejects.toThrow("'previous_hash'");
    await expect(pool.query("UPDATE banyan.journal SET who = 'eve'")).rejects.toThrow('append-only');
  });

  it('goes on with it after a crash in the middle', async () => {
    await pool.query(`ALTER TABLE banyan.journal ADD COLUMN evidence JSON NULL,
      ADD COLUMN previous_hash CHAR(64) NULL, ADD COLUMN hash CHAR(64) NULL`);
    await pool.query('DROP TRIGGER banyan.journal_no_update');
    await installControlSchema(pool);
    expect(await verdict()).toMatchObject({ holds: true, lines: 4 });
  });
});

async function writer(store: ControlStore, first: Awaited<ReturnType<ControlStore['read']>> | undefined, n: number) {
  if (first === undefined) throw new RangeError('no unit');
  // One of a unit's writers changes it, the others only tell.
  for (let line = 0; line < (n === 0 ? 1 : 5); line++)
    await (n === 0 ? store.change(first, advance, why) : store.note(first, why));
}
