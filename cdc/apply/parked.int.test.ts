import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil, type RowDataPacket } from '../../shared/index.ts';
import type { SourceTransaction } from '../change-event.ts';
import type { ChangeSource } from '../change-source.ts';
import { withDeadLetter } from '../dead-letter.ts';
import { cdcErrors } from '../errors.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import type { Stream } from '../stream/stream.ts';
import { shopMapping } from '../testing/shop.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.reset();
  await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL');
  await world.onTarget.query('ALTER TABLE store.purchase DROP KEY IF EXISTS one_code');
});
afterAll(() => world.close());

async function streaming(options: Partial<StreamOptions> = {}): Promise<Stream> {
  const stream = world.forward({ onRefusal: 'park', ...options });
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

/** From now on the target refuses codes of more than five characters. */
async function narrow(): Promise<void> {
  await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(5) NOT NULL');
}

async function widen(): Promise<void> {
  await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL');
}

async function level(stream: Stream): Promise<void> {
  expect(await caughtUp(stream, world.onSource)).toBe(true);
}

async function ids(): Promise<number[]> {
  const [rows] = await world.onTarget.query<RowDataPacket[]>('SELECT id FROM store.purchase ORDER BY id');
  return rows.map((row) => Number(row['id']));
}

async function waiting(stream: Stream): Promise<string[]> {
  return (await stream.park.list()).map(({ key, op, code, chain }) => `${chain} ${key} ${op} ${code}`);
}

async function exact(stream: Stream): Promise<void> {
  expect(await world.verify(stream)).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
}

describe('a change that the target refuses', () => {
  it('waits with every later change of its row, while all others go on', async () => {
    const stream = await streaming();
    await narrow();
    await world.onSource.query(
      "START TRANSACTION; INSERT INTO shop.orders (id, code) VALUES (1, 'a'), (2, 'personal secret'), (3, 'c'); COMMIT",
    );
    await world.onSource.query("UPDATE shop.orders SET note = 'later' WHERE id IN (1, 2)");
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (4, 'd')");
    await level(stream);
    expect(await ids()).toEqual([1, 3, 4]);
    expect(await waiting(stream)).toEqual(['1 {"id":"2"} c CDC_ROW_REFUSED', '1 {"id":"2"} u CDC_KEY_PARKED']);
    expect(stream.stats()).toMatchObject({ parked: 2 });
    expect(stream.state().kind).toBe('streaming');
    const [first] = await stream.park.list();
    expect(first).toMatchObject({
      table: 'orders',
      reason: 'store.purchase (key id) refused a row: a value is too long, column code',
      where: expect.stringMatching(/^0-\d+-\d+ change 2$/),
    });
    await widen();
    expect(await stream.park.replay('1')).toEqual({ applied: ['1', '2'], refused: [] });
    await exact(stream);
    expect(await stream.park.list()).toEqual([]);
    await world.onSource.query("UPDATE shop.orders SET note = 'goes on' WHERE id = 2");
    await level(stream);
    await exact(stream);
  });

  it('shows its contents only when asked for', async () => {
    const stream = await streaming();
    await narrow();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (2, 'personal secret')");
    await level(stream);
    expect((await stream.park.show('1')).after).toMatchObject({ code: 'text(15)', amount: 'text(4)' });
    expect((await stream.park.show('1', { unmask: true })).after).toMatchObject({ code: 'personal secret' });
    await expect(stream.park.show('9')).rejects.toMatchObject({ code: 'CDC_PARKED_UNKNOWN' });
  });

  it('is still refused when replayed too early, and its chain stays as it was', async () => {
    const stream = await streaming();
    await narrow();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (2, 'too long'), (3, 'also too long')");
    await world.onSource.query("UPDATE shop.orders SET code = 'ok' WHERE id = 3");
    await level(stream);
    const result = await stream.park.replay(undefined);
    // The second chain fits as a whole: only its end counts.
    expect(result.refused).toMatchObject([{ id: '1', code: 'CDC_ROW_REFUSED' }, { id: '2' }]);
    expect(await stream.park.replay('2')).toMatchObject({ applied: ['2', '3'] });
    expect(await waiting(stream)).toEqual(['1 {"id":"2"} c CDC_ROW_REFUSED']);
  });

  it('holds up whoever takes its key or moves to it', async () => {
    const stream = await streaming();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (5, 'e'), (6, 'f')");
    await level(stream);
    await narrow();
    await world.onSource.query("UPDATE shop.orders SET code = 'too long' WHERE id = 5");
    await world.onSource.query('UPDATE shop.orders SET id = 50 WHERE id = 5');
    await world.onSource.query("UPDATE shop.orders SET note = 'x' WHERE id = 50");
    await world.onSource.query('UPDATE shop.orders SET id = 5 WHERE id = 6');
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (6, 'new')");
    await level(stream);
    expect((await waiting(stream)).map((line) => line.split(' ')[0])).toEqual(['1', '1', '1', '1', '1']);
    expect(await ids()).toEqual([5, 6]);
    await widen();
    expect((await stream.park.replay(undefined)).refused).toEqual([]);
    await exact(stream);
  });

  it('is found by halves in a large batch, which otherwise arrives', async () => {
    const stream = await streaming();
    await narrow();
    const hold = stream.standStillAt(
      async () => stream.watermark(),
      async () => {
        for (let i = 1; i <= 300; i++)
          await world.onSource.query(
            `INSERT INTO shop.orders (id, code) VALUES (${i * 2}, 'x'), (${i * 2 + 1}, '${i % 100 === 0 ? 'too long' : 'y'}')`,
          );
      },
    );
    await hold;
    await level(stream);
    expect((await ids()).length).toBe(597);
    expect((await stream.park.list()).map(({ key }) => key)).toEqual(['{"id":"201"}', '{"id":"401"}', '{"id":"601"}']);
    await widen();
    await stream.park.replay(undefined);
    await exact(stream);
  });

  it('stays parked over a restart, also under the policy to stop', async () => {
    let stream = await streaming();
    await narrow();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'too long')");
    await level(stream);
    await stream.stop();
    await widen();
    await world.onSource.query("UPDATE shop.orders SET note = 'while stopped' WHERE id = 1");
    stream = await streaming({ onRefusal: 'stop' });
    await level(stream);
    expect(await waiting(stream)).toHaveLength(2);
    await stream.park.replay(undefined);
    await exact(stream);
  });

  it('waits alone when two rows swap a unique value in the same transaction', async () => {
    const stream = await streaming();
    await world.onTarget.query('ALTER TABLE store.purchase ADD UNIQUE KEY one_code (code)');
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    await level(stream);
    await narrow();
    await stream.stop();
    await stream.start();
    await world.onSource.query(
      `START TRANSACTION; UPDATE shop.orders SET code = 'b' WHERE id = 1; UPDATE shop.orders SET code = 'a' WHERE id = 2;
       UPDATE shop.orders SET code = 'too long' WHERE id = 3; COMMIT`,
    );
    await level(stream);
    expect(await waiting(stream)).toEqual(['1 {"id":"3"} u CDC_ROW_REFUSED']);
    const [rows] = await world.onTarget.query<RowDataPacket[]>('SELECT code FROM store.purchase ORDER BY id');
    expect(rows.map((row) => row['code'] as string)).toEqual(['b', 'a', 'c']);
  });

  it('takes both sides of a collision along once the other row has gone', async () => {
    await world.onTarget.query('ALTER TABLE store.purchase ADD UNIQUE KEY one_code (code)');
    const stream = await streaming();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'same')");
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (2, 'same')");
    await level(stream);
    expect(await waiting(stream)).toEqual(['1 {"id":"2"} c CDC_ROW_REFUSED']);
    await world.onSource.query('DELETE FROM shop.orders WHERE id = 1');
    await level(stream);
    expect(await stream.park.replay('1')).toMatchObject({ refused: [] });
    await exact(stream);
  });

  it('can be dropped; what waits behind it is replayed without it', async () => {
    const stream = await streaming();
    await narrow();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'too long')");
    // In one batch with the next change it would never be written.
    await level(stream);
    await world.onSource.query("UPDATE shop.orders SET code = 'ok' WHERE id = 1");
    await level(stream);
    expect(await stream.park.drop('1', { dryRun: true })).toHaveLength(1);
    expect(await stream.park.count()).toBe(2);
    expect(await stream.park.drop('1')).toMatchObject([{ id: '1', op: 'c' }]);
    expect(await stream.park.replay(undefined)).toMatchObject({ applied: ['2'], refused: [] });
    await exact(stream);
    await world.onSource.query("UPDATE shop.orders SET note = 'free' WHERE id = 1");
    await level(stream);
    await exact(stream);
  });

  it('does not hide that a table is gone or a right is missing: that stops the stream', async () => {
    const stream = await streaming();
    await world.onTarget.query('RENAME TABLE store.price TO store.elsewhere');
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a')");
    expect(await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 })).toBe(true);
    await world.onTarget.query('RENAME TABLE store.elsewhere TO store.price');
    expect(await stream.park.list()).toEqual([]);
  });
});

describe('a change that the mapping throws for', () => {
  it('waits until the mapping is corrected', async () => {
    const { orders } = shopMapping.forward;
    const broken = {
      ...shopMapping.forward,
      orders: (row: Parameters<NonNullable<typeof orders>>[0]) => {
        if (row['code'] === 'odd') throw new Error('personal');
        return orders?.(row) ?? [];
      },
    };
    const stream = await streaming({ maps: broken });
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'even'), (2, 'odd')");
    await world.onSource.query("UPDATE shop.orders SET code = 'even' WHERE id = 2");
    await level(stream);
    expect((await stream.park.list()).map(({ id, reason }) => `${id} ${reason}`)).toEqual([
      '1 the mapping of orders threw: Error',
      '2 the mapping of orders threw: Error',
    ]);
    await stream.stop();
    const corrected = await streaming();
    await level(corrected);
    await corrected.park.replay(undefined);
    await exact(corrected);
  });
});

/** A source that gives what it is told after the position it is asked for. */
function scripted(transactions: readonly (Omit<SourceTransaction, 'gtid'> | Error)[]): ChangeSource {
  return {
    async *read(from, signal) {
      for (const [i, each] of transactions.entries()) {
        const gtid = { domain: 0, server: 9, sequence: BigInt(i + 1) };
        if ((from.position.get(0)?.sequence ?? 0n) >= gtid.sequence) continue;
        if (each instanceof Error) {
          if (from.passes?.includes(`topic/0/${i}`)) continue;
          throw each;
        }
        yield [{ ...each, gtid }];
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    head: async () => new Map([[0, { server: 9, sequence: BigInt(transactions.length) }]]),
    close: () => Promise.resolve(),
  };
}

/** The stream follows from the beginning of that source, as after a copy of nothing. */
async function streamingFrom(source: ChangeSource): Promise<Stream> {
  await world.onTarget.query(
    "INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version) VALUES ('shop-forward', 'shop', 1, '', 'streaming', 1)",
  );
  return streaming({ source });
}

const order = (id: number) => ({
  id: String(id),
  code: 'x',
  amount: '1.00',
  note: null,
  deleted: 0,
  updated_at: '2026-01-01 00:00:00.000',
});

describe('a change that cannot be read', () => {
  const unreadable = {
    op: 'x',
    table: 'orders',
    before: null,
    after: null,
    key: { id: '1' },
    reason: 'column note is a placeholder',
    raw: '{"secret":1}',
  } as const;
  const history = [
    { committedAtMs: 1, bytes: 10, changes: [{ op: 'c', table: 'orders', before: null, after: order(1) }, unreadable] },
    { committedAtMs: 1, bytes: 10, changes: [{ op: 'd', table: 'orders', before: order(1), after: null }] },
  ] as const;

  it('waits in the park with its raw event', async () => {
    const stream = await streamingFrom(scripted(history));
    expect(await waitUntil(() => stream.stats().parked === 2, { budgetMs: 10_000 })).toBe(true);
    await waitUntil(async () => (await stream.park.count()) === 2, { budgetMs: 10_000 });
    expect((await stream.park.show('1', { unmask: true })).raw).toBe('{"secret":1}');
    expect((await stream.park.replay('1')).refused).toMatchObject([{ id: '1', code: 'CDC_EVENT_UNREADABLE' }]);
    await stream.park.drop('1');
    await stream.park.replay('2');
    expect(await ids()).toEqual([]);
  });

  it('stops the stream under the policy to stop', async () => {
    await world.onTarget.query(
      "INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version) VALUES ('shop-forward', 'shop', 1, '', 'streaming', 1)",
    );
    const stream = await streaming({ source: scripted(history), onRefusal: 'stop' });
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    expect(stream.state()).toMatchObject({ error: { code: 'CDC_EVENT_UNREADABLE' } });
  });
});

describe('a message that cannot be decoded at all', () => {
  const error = (): Error =>
    withDeadLetter(cdcErrors.error('CDC_EVENT_MALFORMED', { message: 'topic, partition 0, offset 1: not JSON' }), {
      where: 'topic/0/1',
      raw: Buffer.from([0xff, 0x00, 0x7b]),
    });
  const one = {
    committedAtMs: 1,
    bytes: 10,
    changes: [{ op: 'c', table: 'orders', before: null, after: order(1) }],
  } as const;
  const two = {
    committedAtMs: 1,
    bytes: 10,
    changes: [{ op: 'c', table: 'orders', before: null, after: order(2) }],
  } as const;

  it('stops the stream and is kept; given up, exactly it is passed over', async () => {
    const stream = await streamingFrom(scripted([one, error(), two]));
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    await waitUntil(async () => (await stream.park.count()) === 1, { budgetMs: 10_000 });
    const [letter] = await stream.park.list();
    expect(letter).toMatchObject({ kind: 'letter', where: 'topic/0/1', code: 'CDC_EVENT_MALFORMED' });
    const id = letter?.id ?? '';
    await expect(stream.park.replay(id)).rejects.toMatchObject({ code: 'CDC_PARKED_UNKNOWN', fix: /resume/ });
    expect((await stream.park.show(id)).raw).toBe('bytes(3)');
    await stream.park.drop(id);
    await stream.start();
    expect(await waitUntil(async () => (await ids()).length === 2, { budgetMs: 10_000 })).toBe(true);
    expect(await stream.park.count()).toBe(0);
  });

  it('is forgotten when a later start can read it', async () => {
    const stream = await streamingFrom(scripted([one, error(), two]));
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    await waitUntil(async () => (await stream.park.count()) === 1, { budgetMs: 10_000 });
    await stream.stop();
    const repaired = await streaming({ source: scripted([one, two, two]) });
    expect(await waitUntil(async () => (await ids()).length === 2, { budgetMs: 10_000 })).toBe(true);
    expect(await repaired.park.count()).toBe(0);
  });
});

describe('a TRUNCATE', () => {
  const truncates = { orders: ['purchase', 'price'] };

  it('empties the tables that the mapping declares, in its place in the log', async () => {
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a'), (2, 'b')");
    await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 1)');
    const stream = await streaming({ truncates });
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (3, 'c')");
    await world.onSource.query('TRUNCATE shop.orders');
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'new')");
    await level(stream);
    expect(await ids()).toEqual([1]);
    expect(stream.hotKeys().isOverflowed).toBe(true);
    await exact(stream);
  });

  it('stops the stream when nothing is declared, and goes on once it is', async () => {
    const stream = await streaming();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a')");
    await world.onSource.query('TRUNCATE shop.orders');
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    expect(stream.state()).toMatchObject({ error: { code: 'CDC_TABLE_TRUNCATED' } });
    await stream.stop();
    const again = await streaming({ truncates });
    await level(again);
    expect(await ids()).toEqual([]);
  });

  it('stops the stream while changes of the table are parked', async () => {
    const stream = await streaming({ truncates });
    await narrow();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'too long')");
    await world.onSource.query('TRUNCATE shop.orders');
    await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
    expect(stream.state()).toMatchObject({ error: { code: 'CDC_TABLE_TRUNCATED', fix: /replay or drop/ } });
    await stream.park.drop(undefined);
    await stream.start();
    await level(stream);
    await exact(stream);
  });
});
