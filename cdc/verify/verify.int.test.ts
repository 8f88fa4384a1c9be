import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stream } from '../stream/stream.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';
import { verify } from './verify.ts';
import { verifyKeys } from './verify-keys.ts';

let world: World;
let stream: Stream;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

async function filled(count = 20): Promise<Stream> {
  const values = Array.from({ length: count }, (_, i) => `(${i + 1}, 'code ${i + 1}', ${i}.50, 'note é')`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code, amount, note) VALUES ${values.join(',')}`);
  await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 1), (1, 2, 2)');
  stream = world.forward();
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

describe('verify', () => {
  it.each([
    [
      'a changed character',
      "UPDATE store.purchase SET code = 'Code 3' WHERE id = 3",
      'different',
      'purchase',
      ['code'],
    ],
    ['a lost accent', "UPDATE store.purchase SET note = 'note e' WHERE id = 3", 'different', 'purchase', ['note']],
    ['a NULL', 'UPDATE store.purchase SET note = NULL WHERE id = 3', 'different', 'purchase', ['note']],
    ['a cent', 'UPDATE store.price SET cents = cents + 1 WHERE purchase_id = 3', 'different', 'price', ['cents']],
    [
      'a millisecond',
      'UPDATE store.purchase SET updated_at = updated_at + INTERVAL 1000 MICROSECOND WHERE id = 3',
      'different',
      'purchase',
      ['updated_at'],
    ],
    ['a missing row', 'DELETE FROM store.item WHERE position = 2', 'missing', 'item', []],
    ['a row too many', 'INSERT INTO store.item VALUES (9, 9, 9)', 'extra', 'item', []],
  ])('invariant 5: finds %s', async (_, damage, kind, table, columns) => {
    await filled();
    await world.onTarget.query(damage);
    const { wrong, findings } = await world.verify(stream);
    expect(wrong).toBe(1);
    expect(findings[0]).toMatchObject({ kind, table });
    expect(findings[0]?.columns.map((column) => column.name)).toEqual(columns);
  });

  it('finds one row missing and another one too many in the same table', async () => {
    await filled();
    await world.onTarget.query('UPDATE store.price SET purchase_id = 999 WHERE purchase_id = 3');
    expect(await world.verify(stream)).toMatchObject({ wrong: 2, missing: 1, extra: 1 });
  });

  it('invariant 10: shows values as kind and length only', async () => {
    await filled();
    await world.onTarget.query("UPDATE store.purchase SET note = 'somebody lives here' WHERE id = 3");
    const text = JSON.stringify(await world.verify(stream));
    expect(text).toContain('text(19)');
    expect(text).not.toContain('somebody');
  });

  it('invariant 5: calls no row wrong while writers keep writing', async () => {
    await filled(500);
    const writing = new AbortController();
    const writer = world.keepWriting(writing.signal, 500);
    const results = [];
    for (let i = 0; i < 8; i++) results.push(await world.verify(stream));
    writing.abort();
    await writer;
    expect(results.map(({ wrong }) => wrong)).toEqual(results.map(() => 0));
    expect(new Set(results.map(({ position }) => position)).size).toBe(results.length);
  });

  it('counts source rows that the way back cannot restore', async () => {
    await filled();
    const inverse = { ...world.verifyOptions(stream).inverse, price: () => [] };
    const lossy = {
      ...inverse,
      purchase: ({ id = null }) => [{ table: 'orders', key: { id }, columns: { code: 'x' } }],
    };
    const result = await verify({ ...world.verifyOptions(stream), inverse: lossy });
    expect(result).toMatchObject({ wrong: 0, irreversible: 20 });
  });

  it('ends early when asked to', async () => {
    await filled();
    const signal = AbortSignal.abort();
    await expect(verify({ ...world.verifyOptions(stream), signal })).rejects.toMatchObject({
      code: 'CDC_VERIFY_ABORTED',
    });
  });
});

describe('verifyKeys', () => {
  it('knows nothing before the first clean verification, then only what changed since', async () => {
    await filled();
    expect(await verifyKeys(world.verifyOptions(stream))).toMatchObject({ overflowed: true });
    await world.verify(stream);
    await world.onSource.query("UPDATE shop.orders SET code = 'new' WHERE id IN (3, 4)");
    await world.onSource.query('DELETE FROM shop.orders WHERE id = 5');
    await caughtUp(stream, world.onSource);
    expect(await verifyKeys(world.verifyOptions(stream))).toMatchObject({ overflowed: false, rows: 4, wrong: 0 });
    expect(await verifyKeys(world.verifyOptions(stream))).toMatchObject({ rows: 0, wrong: 0 });
  });

  it('finds a wrong hot row and one that should be gone, and keeps them hot', async () => {
    await filled();
    await world.verify(stream);
    await world.onSource.query("UPDATE shop.orders SET code = 'new' WHERE id = 3");
    await world.onSource.query('DELETE FROM shop.orders WHERE id = 5');
    await caughtUp(stream, world.onSource);
    await world.onTarget.query("UPDATE store.purchase SET code = 'old' WHERE id = 3");
    await world.onTarget.query('INSERT INTO store.price VALUES (5, 1)');
    for (let i = 0; i < 2; i++)
      expect(await verifyKeys(world.verifyOptions(stream))).toMatchObject({ wrong: 2, extra: 1, missing: 0 });
  });
});
