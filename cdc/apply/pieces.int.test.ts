import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, silentLog, waitUntil, type RowDataPacket } from '../../shared/index.ts';
import { createBinlogChangeSource } from '../source/binlog-change-source.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import type { Stream } from '../stream/stream.ts';
import { startProxy } from '../testing/proxy.ts';
import { sourceTables, targetTables } from '../testing/shop.ts';
import { caughtUp, headOf, startWorld, type World } from '../testing/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

function pieces(databaseUrl: string, schema: string, tables: readonly string[]): Partial<StreamOptions> {
  return { source: createBinlogChangeSource({ databaseUrl, schema, tables, log: silentLog, pieceBytes: 20_000 }) };
}

async function streaming(options: Partial<StreamOptions> = {}): Promise<Stream> {
  const stream = world.forward({ ...pieces(world.source.url(), 'shop', sourceTables), ...options });
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

const bulk = (from: number, to: number): string =>
  `INSERT INTO shop.orders (id, code, amount, note) SELECT seq, CONCAT('bulk-', seq), seq % 900, REPEAT('n', 40) FROM seq_${from}_to_${to}`;

async function exact(stream: Stream): Promise<void> {
  expect(await caughtUp(stream, world.onSource)).toBe(true);
  expect(await world.verify(stream)).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
}

async function count(): Promise<number> {
  const [rows] = await world.onTarget.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM store.purchase');
  return Number(rows[0]?.['n']);
}

describe('a transaction in pieces', () => {
  it('invariant 4: is seen whole or not at all, with its position, between whole ones', async () => {
    const seen = new Set<number>();
    const stream = await streaming({
      at: async (point) => {
        if (point.startsWith('apply:')) seen.add(await count());
      },
    });
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (900001, 'before')");
    await world.onSource.query(bulk(1, 3000));
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (900002, 'behind')");
    await exact(stream);
    expect([...seen]).toEqual([0, 1, 3001, 3002]);
    expect(stream.stats()).toMatchObject({ restarts: 0, changes: 3002 });
    expect(stream.stats().batches).toBeGreaterThan(8);
  });

  it('lets nobody stand still inside, and everybody at its end', async () => {
    const asked: Promise<number>[] = [];
    const stream = await streaming({
      at: (point) => {
        if (point === 'apply:piece' && asked.length < 3)
          asked.push(stream.standStillAt(() => headOf(world.onSource), count));
      },
    });
    await world.onSource.query(bulk(1, 3000));
    await exact(stream);
    expect(await Promise.all(asked)).toEqual([3000, 3000, 3000]);
  });

  it('changes and removes the same rows in several of its pieces', async () => {
    const stream = await streaming();
    await world.onSource.query(
      `START TRANSACTION; ${bulk(1, 1000)}; UPDATE shop.orders SET note = CONCAT(note, id);
       UPDATE shop.orders SET id = id + 5000 WHERE id % 3 = 0; DELETE FROM shop.orders WHERE id % 7 = 0;
       ${bulk(2001, 2100)}; UPDATE shop.orders SET deleted = 1 WHERE id % 5 = 0; COMMIT`,
    );
    await exact(stream);
  });

  it('keeps parts that come pieces ahead of their rows', async () => {
    await (await streaming()).stop();
    const reverse = world.backward(pieces(world.target.url(), 'store', targetTables));
    await reverse.start();
    await world.onTarget.query(
      `START TRANSACTION; INSERT INTO store.price SELECT seq, seq * 7 FROM seq_1_to_2000;
       INSERT INTO store.purchase SELECT seq, seq, REPEAT('x', 40), 'open', '2026-01-01' FROM seq_1_to_2000;
       UPDATE store.price SET cents = cents + 1 WHERE purchase_id % 2 = 0; COMMIT`,
    );
    expect(await caughtUp(reverse, world.onTarget)).toBe(true);
    expect(await world.verify(reverse, 'reverse')).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
    const [rows] = await world.onSource.query<RowDataPacket[]>('SELECT amount FROM shop.orders WHERE id IN (3, 4)');
    expect(rows.map((row) => row['amount'] as string)).toEqual(['0.21', '0.29']);
  });

  it('waits for a row that somebody else holds, and then goes on where it was', async () => {
    const stream = await streaming();
    await world.onSource.query(bulk(1, 1500));
    await exact(stream);
    const other = await openConnection(world.target.url());
    await other.query('START TRANSACTION');
    await other.query('UPDATE store.purchase SET note = note WHERE id = 1400');
    await world.onSource.query("UPDATE shop.orders SET note = REPEAT('m', 50)");
    const waits = new Set<string>();
    // InnoDB renews this view only when nobody looked for a tenth of a second.
    const waited = await waitUntil(() => hasWaitedTwice(waits), { budgetMs: 20_000, everyMs: 200 });
    await other.query('ROLLBACK');
    other.destroy();
    expect(waited).toBe(true);
    await exact(stream);
    expect(stream.stats().restarts).toBe(0);
  });

  /** The first wait has run into its limit, and the statement was tried again. */
  async function hasWaitedTwice(waits: Set<string>): Promise<boolean> {
    const [rows] = await world.onTarget.query<RowDataPacket[]>(
      "SELECT trx_wait_started AS began FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
    );
    for (const { began } of rows) waits.add(began as string);
    return waits.size > 1;
  }

  it('says which table refused a row, and leaves nothing behind', async () => {
    const stream = await streaming();
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(8) NOT NULL');
    await world.onSource.query(bulk(1, 3000));
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    expect(stream.state()).toMatchObject({
      error: { code: 'CDC_ROW_REFUSED', message: /^store\.purchase \(key id\) refused a row: a value is too long/ },
    });
    expect(await count()).toBe(0);
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL');
    await stream.start();
    await exact(stream);
  });

  it('goes on without its rows that are refused, where these are parked', async () => {
    const stream = await streaming({ onRefusal: 'park' });
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(8) NOT NULL');
    await world.onSource.query(
      `START TRANSACTION; ${bulk(990, 1002)}; ${bulk(1, 600)}; UPDATE shop.orders SET note = 'again'; COMMIT`,
    );
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(await count()).toBe(610);
    expect(stream.stats()).toMatchObject({ parked: 6 });
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL');
    expect(await stream.park.replay(undefined)).toMatchObject({ refused: [] });
    await exact(stream);
  });
});

describe('a transaction in pieces that is lost on the way', () => {
  it.each(['SAVEPOINT banyan_piece', 'INSERT INTO `store`', 'COMMIT'])(
    'invariant 3: by a connection cut after %s, is read again from the watermark',
    async (text) => {
      const proxy = await startProxy(world.target.port);
      const targetUrl = world.target.url().replace(String(world.target.port), String(proxy.port));
      const stream = await streaming({ targetUrl });
      await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (900001, 'before')");
      await caughtUp(stream, world.onSource);
      proxy.cutAfter(text);
      await world.onSource.query(bulk(1, 3000));
      await exact(stream);
      expect(proxy.cuts()).toBe(1);
      expect(stream.stats().restarts).toBe(1);
      await stream.stop();
      await proxy.close();
    },
  );

  it('by a lost connection to the source, goes on with the pieces that were still to come', async () => {
    const killed: unknown[] = [];
    const stream = await streaming({
      at: async (point) => {
        if (point !== 'apply:piece' || killed.length > 0) return;
        const [list] = await world.onSource.query<RowDataPacket[]>(
          "SELECT id FROM information_schema.PROCESSLIST WHERE command = 'Binlog Dump'",
        );
        for (const { id } of list) killed.push(await world.onSource.query(`KILL ${id as number}`));
      },
    });
    await world.onSource.query(bulk(1, 30_000));
    await exact(stream);
    expect(killed).toHaveLength(1);
    expect(stream.stats()).toMatchObject({ restarts: 0, changes: 30_000 });
  });
});
