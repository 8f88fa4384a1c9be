import { beforeEach, describe, expect, it } from '@jest/globals';
import { openPool, silentLog, waitUntil, type Pool } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { ControlDatabase } from '../control/control-database.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { ControlStore } from '../control/control-store.ts';
import { LeaderLease } from './leader-lease.ts';
import { Leadership, type Reign } from './leadership.ts';
import type { Seat } from './seat.ts';

const database = useMariaDb();
const MINUTES = 600_000;
const here: Seat = { machine: 'here', address: '127.0.0.1:1' };
const there: Seat = { machine: 'there', address: '127.0.0.1:2' };
const note = { who: 'ada@host', reason: 'because', action: 'test' };
let pool: Pool;

beforeEach(async () => {
  ({ pool } = await database.createDatabase('DROP DATABASE IF EXISTS banyan'));
  await installControlSchema(pool);
});

function leaseOf(leaseMs = MINUTES): LeaderLease {
  return new LeaderLease(pool, leaseMs);
}

/** As if its time had come, by the database's clock. */
async function expire(): Promise<void> {
  await pool.query('UPDATE banyan.leader SET expires_at = UTC_TIMESTAMP(3)');
}

function leadershipOf(isGone = false, leaseMs = MINUTES): Leadership {
  return new Leadership({ lease: leaseOf(leaseMs), leaseMs, isGone: () => Promise.resolve(isGone), log: silentLog });
}

const untilOver: Reign = (_, over, ready) => {
  ready();
  return new Promise((resolve) => over.addEventListener('abort', () => resolve()));
};

describe('the lease of the leader', () => {
  it('is taken by one of many who try at once', async () => {
    const attempts = Array.from({ length: 8 }, () => leaseOf().take(0, here));
    const terms = await Promise.all(attempts);
    expect(terms.filter((term) => term !== undefined)).toEqual([1]);
  });

  it('is taken when it has ended, and not before', async () => {
    expect(await leaseOf().take(0, here)).toBe(1);
    expect(await leaseOf().take(1, there)).toBeUndefined();
    await expire();
    expect(await leaseOf().take(1, there)).toBe(2);
    expect(await leaseOf().read()).toMatchObject({ ...there, term: 2 });
  });

  it('is not waited for when its holder is known to have ended', async () => {
    await leaseOf().take(0, here);
    expect(await leaseOf().take(1, there, true)).toBe(2);
  });

  it('goes on when it is renewed late and nobody took it, and never after somebody did', async () => {
    await leaseOf().take(0, here);
    await expire();
    expect(await leaseOf().renew(1)).toBe(true);
    expect((await leaseOf().read()).leftMs).toBeGreaterThan(0);
    await leaseOf().release(1);
    await leaseOf().take(1, there);
    expect(await leaseOf().renew(1)).toBe(false);
  });
});

describe('a leader that was deposed', () => {
  it('can change nothing: its transaction is refused by the term in the database', async () => {
    await leaseOf().take(0, here);
    const store = new ControlStore(pool, { term: 1 });
    const seen = await store.register('trips', 'digest');
    await expire();
    await leaseOf().take(1, there);
    const refused = { code: 'LEADER_DEPOSED', retriable: true };
    const step = { type: 'step', step: { type: 'advance' }, rungs: 1 } as const;
    await expect(store.change(seen, step, note)).rejects.toMatchObject(refused);
    await expect(store.note(seen, note)).rejects.toMatchObject(refused);
    await expect(store.register('other', 'digest')).rejects.toMatchObject(refused);
    await expect(store.saveVerification('trips', 'forward', {})).rejects.toMatchObject(refused);
    expect(await store.readAll()).toEqual([seen]);
    expect(await store.journal.list()).toEqual([]);
  });

  it('delays its successor by the transaction it is in, which is whole when the successor begins', async () => {
    await leaseOf().take(0, here);
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const working = new ControlDatabase(pool, { term: 1 }).transaction(async (connection) => {
      inside.resolve();
      await goOn.promise;
      await connection.query("INSERT INTO banyan.edge VALUES ('late', '', '', UTC_TIMESTAMP(3))");
    });
    await inside.promise;
    let taken = false;
    const taking = leaseOf()
      .take(1, there, true)
      .then(() => (taken = true));
    await pool.query('SELECT 1');
    expect(taken).toBe(false);
    goOn.resolve();
    await Promise.all([working, taking]);
    const [rows] = await pool.query('SELECT name FROM banyan.edge');
    expect(rows).toEqual([{ name: 'late' }]);
  });

  it('keeps nobody from leading when it was stopped inside a transaction', async () => {
    await leaseOf().take(0, here);
    const asleep = openPool((await database.createDatabase()).url);
    const inside = Promise.withResolvers<void>();
    const stopped = new ControlDatabase(asleep, { term: 1 }).transaction(() => {
      inside.resolve();
      return new Promise<never>(() => undefined);
    });
    stopped.catch(() => undefined);
    await inside.promise;
    expect(await leaseOf().take(1, there, true)).toBe(2);
    await asleep.end();
  }, 30_000);
});

describe('a process that may lead', () => {
  it('leads at once when nobody does, and lets the next one lead at once when it stops', async () => {
    const [first, second] = [leadershipOf(), leadershipOf(false, 1_000)];
    await first.start(here, untilOver);
    expect(first.standing()).toEqual({ leads: true, leader: { ...here, term: 1 } });
    await second.start(there, untilOver);
    expect(second.standing()).toMatchObject({ leads: false, leader: { ...here, term: 1 } });
    expect(() => second.term).toThrow('control at 127.0.0.1:1 on here leads by term 1');
    await first.stop();
    expect(await waitUntil(() => second.standing().leads, { budgetMs: 20_000, everyMs: 20 })).toBe(true);
    expect(second.term).toBe(2);
    await second.stop();
  }, 30_000);

  it('waits for no lease of a process that has ended', async () => {
    await leaseOf().take(0, here);
    const next = leadershipOf(true);
    await next.start(there, untilOver);
    expect(next.standing()).toEqual({ leads: true, leader: { ...there, term: 2 } });
    await next.stop();
  });

  it('stands by again when it finds that somebody else leads', async () => {
    const reigns: string[] = [];
    const first = leadershipOf(false, 500);
    const reign: Reign = async (term, over, ready) => {
      reigns.push(`begun ${term}`);
      await untilOver(term, over, ready);
      reigns.push(`over ${term}`);
    };
    await first.start(here, reign);
    await leaseOf().take(1, there, true);
    expect(await waitUntil(() => reigns.includes('over 1'), { budgetMs: 20_000, everyMs: 20 })).toBe(true);
    const isTold = (): boolean => first.standing().leader?.term === 2;
    expect(await waitUntil(isTold, { budgetMs: 20_000, everyMs: 20 })).toBe(true);
    expect(first.standing()).toMatchObject({ leads: false, leader: there });
    expect(reigns).toEqual(['begun 1', 'over 1']);
    await first.stop();
  }, 60_000);

  it('says so when its reign fails, and lets go of the lease', async () => {
    const first = leadershipOf();
    await expect(first.start(here, () => Promise.reject(new Error('half done')))).rejects.toThrow('half done');
    await expect(first.ended).rejects.toThrow('half done');
    expect((await leaseOf().read()).leftMs).toBeLessThanOrEqual(0);
  });
});
