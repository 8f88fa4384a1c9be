import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, openTracing, silentLog, waitUntil, type RowDataPacket } from '../../shared/index.ts';
import { openOtlpReceiver } from '../../test/support/index.ts';
import { readStreamRecord } from '../apply/bookkeeping.ts';
import { flipOwner, installFence } from '../fence/fence.ts';
import { covers, formatPosition } from '../position.ts';
import { rehearse } from '../apply/rehearse.ts';
import type { Stream } from './stream.ts';
import { caughtUp, headOf, startWorld, type World } from '../testing/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

async function streaming(stream: Stream): Promise<Stream> {
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

async function rows(side: 'source' | 'target', sql: string): Promise<RowDataPacket[]> {
  const connection = side === 'source' ? world.onSource : world.onTarget;
  return (await connection.query<RowDataPacket[]>(sql))[0];
}

async function stoppedWith(stream: Stream): Promise<string> {
  await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
  const state = stream.state();
  return state.kind === 'stopped' ? `${state.error.code}: ${state.error.message}` : state.kind;
}

function insertOrders(from: number, count: number): Promise<unknown> {
  const values = Array.from({ length: count }, (_, i) => `(${from + i}, 'code-${from + i}', ${i % 900}.25, 'note')`);
  return world.onSource.query(`INSERT INTO shop.orders (id, code, amount, note) VALUES ${values.join(',')}`);
}

describe('a stream', () => {
  it('invariant 5: copies what is there, follows what comes, and the target is the mapping of the source', async () => {
    await insertOrders(1, 5000);
    const stream = world.forward();
    await stream.start();
    expect(stream.state().kind).toBe('snapshotting');
    await insertOrders(10_000, 10);
    await stream.whenStreaming();
    await world.onSource.query('UPDATE shop.orders SET deleted = 1 WHERE id % 7 = 0');
    await world.onSource.query('DELETE FROM shop.orders WHERE id % 5 = 0');
    await world.onSource.query('UPDATE shop.orders SET id = id + 100000 WHERE id < 100');
    await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 5), (1, 2, 6)');
    await world.onSource.query('UPDATE shop.lines SET position = 3 WHERE position = 2');
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    const result = await world.verify(stream);
    expect(result).toMatchObject({ wrong: 0, irreversible: 0 });
    expect(result.rows).toBeGreaterThan(8000);
  });

  it('traces each target transaction by its counts, and none of the rows', async () => {
    const receiver = await openOtlpReceiver();
    const to = { service: 'sync', endpoint: receiver.url, protocol: 'http/json', headers: {}, resource: {} } as const;
    const tracing = await openTracing({ ...to, ratio: 1, log: silentLog });
    const stream = await streaming(world.forward({ tracing }));
    await insertOrders(1, 3);
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    await stream.stop();
    await tracing.close();
    await receiver.close();
    const [first] = receiver.spans.filter(({ attributes }) => attributes['banyan.changes'] === 3);
    expect(first).toMatchObject({ name: 'apply', isError: false, service: 'sync' });
    expect(first?.attributes['banyan.transactions']).toBe(1);
    expect(receiver.bodies.join('')).not.toMatch(/code-1|note/);
  });

  it('moves its watermark when nothing relevant happens, also across a restart', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query('INSERT INTO shop.unrelated VALUES (1, 1)');
    await world.onSource.query('CREATE TABLE shop.other (id INT)');
    await world.onSource.query('DROP TABLE shop.other');
    const head = await headOf(world.onSource);
    expect(await stream.waitFor(head, { budgetMs: 20_000 })).toBe(true);
    expect(await stream.lag()).toEqual({ transactions: 0, ms: 0 });
    await stream.stop();
    await stream.start();
    expect(await stream.waitFor(head, { budgetMs: 20_000 })).toBe(true);
  });

  it('invariant 4: data, position and epoch change in one transaction', async () => {
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      const record = await readStreamRecord(world.onTarget, 'shop-forward');
      const found = await rows('target', 'SELECT id FROM store.purchase');
      seen.push([found.length, record && formatPosition(record.position)]);
    };
    const stream = await streaming(
      world.forward({
        at: (point) => (point === 'apply:before-commit' || point === 'apply:committed' ? look() : undefined),
      }),
    );
    const before = formatPosition(stream.watermark());
    await insertOrders(1, 3);
    await caughtUp(stream, world.onSource);
    expect(seen).toEqual([
      [0, before],
      [3, formatPosition(stream.watermark())],
    ]);
  });

  it('invariant 2: one that was taken over changes nothing any more', async () => {
    const old = await streaming(world.forward());
    const taker = await streaming(world.forward());
    await insertOrders(1, 10);
    expect(await caughtUp(taker, world.onSource)).toBe(true);
    expect(await stoppedWith(old)).toMatch(/^CDC_STREAM_TAKEN/);
    expect(taker.state().kind).toBe('streaming');
    expect(await world.verify(taker)).toMatchObject({ wrong: 0 });
  });

  it('invariant 2: applies nothing to a side that owns the rows', async () => {
    const stream = await streaming(world.forward());
    await installFence(world.onTarget, { unit: 'shop', schema: 'store', tables: [], side: 'service', applyUser: 'x' });
    await flipOwner(world.onTarget, { unit: 'shop', to: 'service', epoch: 1 });
    await insertOrders(1, 1);
    expect(await stoppedWith(stream)).toMatch(/^CDC_TARGET_OWNS_ROWS/);
    expect(await rows('target', 'SELECT id FROM store.purchase')).toEqual([]);
  });

  it('carries a rehearsal row to a side that owns its rows', async () => {
    const stream = await streaming(world.forward());
    await installFence(world.onTarget, { unit: 'shop', schema: 'store', tables: [], side: 'service', applyUser: 'x' });
    await flipOwner(world.onTarget, { unit: 'shop', to: 'service', epoch: 1 });
    const direction = { unit: 'shop', stream: 'shop-forward', budgetMs: 20_000 };
    const urls = { sourceUrl: world.source.url(), targetUrl: world.target.url() };
    expect(await rehearse({ ...direction, ...urls })).toBe(true);
    await stream.stop();
    expect(await rehearse({ ...direction, ...urls, budgetMs: 50 })).toBe(false);
  });

  it('stops in front of a changed table and goes on with the next mapping version', async () => {
    const stream = await streaming(world.forward());
    await insertOrders(1, 1);
    await world.onSource.query('ALTER TABLE shop.orders ADD COLUMN extra INT NULL FIRST');
    await insertOrders(2, 1);
    expect(await stoppedWith(stream)).toMatch(/^CDC_SCHEMA_CHANGED: ALTER TABLE shop\.orders/);
    await stream.stop();
    const again = await streaming(world.forward());
    expect(await stoppedWith(again)).toMatch(/^CDC_SCHEMA_CHANGED/);
    await again.stop();
    const next = await streaming(world.forward({ mappingVersion: 2 }));
    expect(await caughtUp(next, world.onSource)).toBe(true);
    await world.onSource.query('ALTER TABLE shop.orders DROP COLUMN extra');
    expect(await stoppedWith(next)).toMatch(/^CDC_SCHEMA_CHANGED/);
    expect((await rows('target', 'SELECT id FROM store.purchase')).length).toBe(2);
  });

  it('refuses to go on under another mapping version', async () => {
    await (await streaming(world.forward())).stop();
    await expect(world.forward({ mappingVersion: 2 }).start()).rejects.toMatchObject({ code: 'CDC_MAPPING_CHANGED' });
  });

  it('says so when the log no longer holds its position', async () => {
    const stream = await streaming(world.forward());
    await stream.stop();
    await insertOrders(1, 1);
    const [log] = await rows('source', 'SHOW MASTER STATUS');
    await world.onSource.query('FLUSH BINARY LOGS');
    await insertOrders(2, 1);
    await world.onSource.query('FLUSH BINARY LOGS');
    const [newest] = await rows('source', 'SHOW MASTER STATUS');
    expect(newest?.['File']).not.toBe(log?.['File']);
    // The log is not purged before the server has noticed that its reader is gone.
    await waitUntil(
      async () => {
        await world.onSource.query('PURGE BINARY LOGS TO ?', [newest?.['File']]);
        return (await rows('source', 'SHOW BINARY LOGS')).length === 1;
      },
      { budgetMs: 10_000 },
    );
    await stream.start();
    expect(await stoppedWith(stream)).toMatch(/^CDC_POSITION_LOST/);
  });

  it('comes back by itself when both its connections are killed', async () => {
    const stream = await streaming(world.forward());
    for (let i = 0; i < 5; i++) {
      await insertOrders(1 + i * 100, 100);
      for (const connection of [world.onSource, world.onTarget]) {
        const [list] = await connection.query<RowDataPacket[]>(
          'SELECT id FROM information_schema.PROCESSLIST WHERE id <> CONNECTION_ID()',
        );
        for (const { id } of list) await connection.query(`KILL ${id as number}`).catch(() => undefined);
      }
    }
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(await world.verify(stream)).toMatchObject({ wrong: 0, rows: 1000 });
  });

  it('stops at a row the target refuses, names it without its contents, and goes on once it fits', async () => {
    const stream = await streaming(world.forward());
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(5) NOT NULL');
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'ok'), (2, 'personal secret')");
    const reason = await stoppedWith(stream);
    expect(reason).toMatch(
      /^CDC_ROW_REFUSED: store\.purchase \(key id\) refused a row: a value is too long, column code/,
    );
    expect(reason).not.toContain('secret');
    expect(await rows('target', 'SELECT id FROM store.purchase')).toEqual([]);
    await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL');
    await stream.start();
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(await world.verify(stream)).toMatchObject({ wrong: 0, rows: 4 });
  });

  it('E35 refuses a change that came as a statement', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query("SET SESSION binlog_format='STATEMENT'");
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'x')");
    await world.onSource.query("SET SESSION binlog_format='ROW'");
    expect(await stoppedWith(stream)).toMatch(/^CDC_LOG_NOT_ROW/);
  });

  it('refuses a row image that lacks columns', async () => {
    const stream = await streaming(world.forward());
    await insertOrders(1, 1);
    await world.onSource.query("SET SESSION binlog_row_image='MINIMAL'");
    await world.onSource.query('UPDATE shop.orders SET amount = 5');
    await world.onSource.query("SET SESSION binlog_row_image='FULL'");
    expect(await stoppedWith(stream)).toMatch(/^CDC_ROW_IMAGE_PARTIAL: a row event of orders/);
  });

  it('stands still exactly at a position while others keep writing', async () => {
    const stream = await streaming(world.forward());
    for (let i = 1; i <= 20; i++) {
      const [before, counted] = await stream.standStillAt(
        async () => {
          await insertOrders(i * 10, 1);
          const head = await headOf(world.onSource);
          await insertOrders(i * 10 + 1, 1);
          return head;
        },
        async () => {
          const mark = stream.watermark();
          const [row] = await rows('target', 'SELECT COUNT(*) AS n FROM store.purchase');
          return [mark, Number(row?.['n'])] as const;
        },
      );
      expect(counted).toBe(i * 2 - 1);
      expect(covers(before, await headOf(world.onSource))).toBe(false);
    }
  });

  it('applies a transaction larger than any batch, and rows larger than any statement', async () => {
    const stream = await streaming(world.forward());
    await insertOrders(1, 12_000);
    const note = 'x'.repeat(60_000);
    for (let i = 0; i < 40; i++)
      await world.onSource.query('UPDATE shop.orders SET note = ? WHERE id = ?', [note + String(i), i + 1]);
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(await world.verify(stream)).toMatchObject({ wrong: 0, rows: 24_000 });
  });

  it('leaves the answer of an unreachable database without its password', async () => {
    const url = 'mysql://banyan:s3cret@127.0.0.1:1/shop';
    await expect(world.forward({ targetUrl: url }).start()).rejects.toMatchObject({
      code: 'CDC_DATABASE_UNREACHABLE',
      message: expect.stringMatching(/127\.0\.0\.1:1/),
    });
    await expect(world.forward({ targetUrl: url }).start()).rejects.not.toMatchObject({
      message: expect.stringContaining('s3cret'),
    });
  });

  it('does not clear rows that nobody of us has written', async () => {
    await world.onTarget.query("INSERT INTO store.purchase VALUES (1, 'theirs', NULL, 'open', NOW(3))");
    const stream = world.forward();
    await stream.start();
    expect(await stoppedWith(stream)).toMatch(/^CDC_TARGET_NOT_EMPTY: store\.purchase/);
    expect((await rows('target', 'SELECT id FROM store.purchase')).length).toBe(1);
  });
});

describe('two streams, one each way', () => {
  it('carry changes back without carrying them round, and leave unmapped columns alone', async () => {
    await insertOrders(1, 10);
    await world.onSource.query('UPDATE shop.orders SET legacy_flags = id + 100');
    const forward = await streaming(world.forward());
    const reverse = await streaming(world.backward());
    await world.onTarget.query(
      "UPDATE store.purchase SET note = 'from the service', updated_at = '2026-01-02 03:04:05.006' WHERE id = 3",
    );
    await world.onTarget.query('UPDATE store.price SET cents = 12345 WHERE purchase_id = 4');
    await world.onTarget.query('DELETE FROM store.price WHERE purchase_id = 5');
    await world.onTarget.query(
      "START TRANSACTION; INSERT INTO store.price VALUES (50, 995); INSERT INTO store.purchase VALUES (50, 'born there', NULL, 'removed', '2026-01-01'); COMMIT",
    );
    expect(await caughtUp(reverse, world.onTarget)).toBe(true);
    expect(await caughtUp(forward, world.onSource)).toBe(true);
    const found = await rows(
      'source',
      'SELECT id, code, amount, note, deleted, legacy_flags, CAST(updated_at AS CHAR) AS at FROM shop.orders WHERE id IN (3, 4, 5, 50)',
    );
    expect(found).toEqual([
      expect.objectContaining({ note: 'from the service', legacy_flags: 103, at: '2026-01-02 03:04:05.006' }),
      expect.objectContaining({ amount: '123.45', legacy_flags: 104 }),
      expect.objectContaining({ amount: '0.00', legacy_flags: 105 }),
      expect.objectContaining({ code: 'born there', amount: '9.95', deleted: 1, legacy_flags: 7 }),
    ]);
    expect(await world.verify(reverse, 'reverse')).toMatchObject({ wrong: 0 });
    const [writes] = await rows('target', 'SELECT @@GLOBAL.gtid_binlog_pos AS position');
    await waitUntil(() => false, { budgetMs: 100 });
    const [later] = await rows('target', 'SELECT @@GLOBAL.gtid_binlog_pos AS position');
    expect(ownWrites(later)).toBe(ownWrites(writes));
  });

  /** Transactions the service itself made: what the forward stream writes has a domain of its own. */
  function ownWrites(row: RowDataPacket | undefined): string | undefined {
    return String(row?.['position'])
      .split(',')
      .find((gtid) => gtid.startsWith('0-'));
  }
});

describe('a target with a second unique key', () => {
  beforeAll(() => world.onTarget.query('ALTER TABLE store.purchase ADD UNIQUE KEY one_code (code)'));
  afterAll(() => world.onTarget.query('ALTER TABLE store.purchase DROP KEY one_code'));

  it('E32 follows two rows that swap a unique value in one transaction', async () => {
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    const stream = await streaming(world.forward());
    await world.onSource.query(
      "START TRANSACTION; UPDATE shop.orders SET code = 'b' WHERE id = 1; UPDATE shop.orders SET code = 'a' WHERE id = 2; COMMIT",
    );
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(await world.verify(stream)).toMatchObject({ wrong: 0, rows: 6 });
  });

  it('E31 stops at a real collision instead of overwriting another row', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'same')");
    await caughtUp(stream, world.onSource);
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (2, 'same')");
    expect(await stoppedWith(stream)).toMatch(/^CDC_ROW_REFUSED: .*unique key, key one_code$/);
    const connection = await openConnection(world.target.url());
    connection.destroy();
    expect(await rows('target', 'SELECT id FROM store.purchase')).toEqual([{ id: '1' }]);
  });
});
