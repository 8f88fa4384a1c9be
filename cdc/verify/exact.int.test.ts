import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TableMaps } from '../mapping.ts';
import type { Stream } from '../stream/stream.ts';
import { startWorld, type World } from '../testing/world.ts';
import { verify, type VerifyOptions } from './verify.ts';

let world: World;
let stream: Stream;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.onTarget.query('DROP TABLE IF EXISTS banyan.verification_run');
  await world.reset();
});
afterAll(() => world.close());

async function filled(count = 300): Promise<void> {
  const values = Array.from({ length: count }, (_, i) => `(${i + 1}, 'code ${i + 1}', ${i}.50, 'note é')`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code, amount, note) VALUES ${values.join(',')}`);
  await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 1), (1, 2, 2)');
  stream = world.forward();
  await stream.start();
  await stream.whenStreaming();
}

/** Every page of fifty rows gets a view, and so a position, of its own. */
function byRange(options: Partial<VerifyOptions> = {}): VerifyOptions {
  return { ...world.verifyOptions(stream), viewBudgetMs: -1, pageRows: 50, ...options };
}

function withoutWayBack(options: VerifyOptions): VerifyOptions {
  const { inverse: _, ...rest } = options;
  return rest;
}

const run = { name: 'shop-forward', mappingVersion: 1 };

describe('over several positions', () => {
  it('invariant 5: calls no row wrong while writers keep writing', async () => {
    await filled();
    const writing = new AbortController();
    const writer = world.keepWriting(writing.signal, 300);
    const result = await verify(byRange());
    writing.abort();
    await writer;
    expect(result).toMatchObject({ wrong: 0, irreversible: 0, notVerified: 0, coverage: 100 });
    expect(result.positions).toBeGreaterThan(10);
  });

  it.each([
    ['with a way back', (options: VerifyOptions) => options],
    ['without one', withoutWayBack],
    [
      'where the way back proves nothing',
      (options: VerifyOptions) => ({ ...withoutWayBack(options), back: options.inverse as TableMaps }),
    ],
  ])('invariant 5: finds rows too many and rows missing, %s', async (_, change) => {
    await filled();
    await world.onTarget.query(
      `INSERT INTO store.item VALUES (9, 9, 9); INSERT INTO store.price VALUES (777, 1);
       DELETE FROM store.purchase WHERE id IN (60, 250); UPDATE store.price SET purchase_id = 999 WHERE purchase_id = 70`,
    );
    const result = await verify(change(byRange()));
    expect(result).toMatchObject({ wrong: 6, missing: 3, extra: 3 });
    const extras = result.findings.filter(({ kind }) => kind === 'extra');
    expect(extras.map(({ table, key }) => `${table} ${Object.values(key).join()}`).toSorted()).toEqual([
      'item 9,9',
      'price 777',
      'price 999',
    ]);
  });

  it('says how old the oldest row of the result is, and what it did not look for', async () => {
    await filled();
    const result = await verify(byRange());
    expect(result.oldestAgeMs).toBeGreaterThan(0);
    expect(result.limits.join()).toContain('two source rows that yield one row of purchase');
  });
});

describe('interrupted', () => {
  async function interrupted(afterRows: number): Promise<void> {
    const stopping = new AbortController();
    const onProgress = ({ rows }: { rows: number }): void => {
      if (rows >= afterRows) stopping.abort();
    };
    const cancelled = verify({ ...byRange(), viewBudgetMs: 60_000, run, onProgress, signal: stopping.signal });
    await expect(cancelled).rejects.toMatchObject({ code: 'CDC_VERIFY_ABORTED' });
  }

  it('goes on behind the last row and keeps what was found before', async () => {
    await filled();
    await world.onTarget.query("UPDATE store.purchase SET note = 'x' WHERE id IN (10, 290)");
    await interrupted(100);
    await world.onTarget.query("UPDATE store.purchase SET note = 'x' WHERE id = 20");
    const seen: number[] = [];
    const result = await verify({
      ...byRange(),
      viewBudgetMs: 60_000,
      run: { ...run, resume: true },
      onProgress: ({ rows }) => seen.push(rows),
    });
    expect(seen[0]).toBe(150);
    // Row 20 was damaged after its range was done; rows 10 and 290 are found once each.
    expect(result).toMatchObject({ wrong: 2, rows: 602, resumed: true, positions: 2, coverage: 100 });
  });

  it('finds rows too many although another process began', async () => {
    await filled();
    await world.onTarget.query('INSERT INTO store.price VALUES (777, 1)');
    await interrupted(200);
    expect(await verify({ ...byRange(), run: { ...run, resume: true } })).toMatchObject({ wrong: 1, extra: 1 });
  });

  it('begins anew without being asked to go on, for another mapping, and after an end', async () => {
    await filled();
    await interrupted(100);
    const other = { ...run, mappingVersion: 2, resume: true };
    expect(await verify({ ...byRange(), run: other })).toMatchObject({ resumed: false, rows: 602 });
    await interrupted(100);
    expect(await verify({ ...byRange(), run })).toMatchObject({ resumed: false, rows: 602 });
    expect(await verify({ ...byRange(), run: { ...run, resume: true } })).toMatchObject({ resumed: false, rows: 602 });
  });

  it('does not call the rows quiet that were written between the two halves', async () => {
    await filled();
    await interrupted(100);
    await verify({ ...byRange(), run: { ...run, resume: true } });
    expect(stream.hotKeys().isOverflowed).toBe(true);
    await verify({ ...byRange(), run });
    expect(stream.hotKeys().isOverflowed).toBe(false);
  });
});

describe('at one position', () => {
  it('counts the rows of both sides', async () => {
    await filled();
    const { counts } = await verify(world.verifyOptions(stream));
    expect(counts).toEqual({ source: { orders: 300, lines: 2 }, target: { purchase: 300, price: 300, item: 2 } });
  });

  it('finds two source rows that yield the same target row', async () => {
    await filled(4);
    const { maps, ...rest } = withoutWayBack(world.verifyOptions(stream));
    const orders: TableMaps[string] = (row) =>
      (maps['orders']?.(row) ?? []).map((target) => ({
        ...target,
        key: { [target.table === 'price' ? 'purchase_id' : 'id']: Math.ceil(Number(row['id']) / 2) },
      }));
    const { findings } = await verify({ ...rest, maps: { ...maps, orders } });
    const collisions = findings.filter(({ kind }) => kind === 'collision');
    expect(collisions.map(({ table, key }) => `${table} ${Object.values(key).join()}`)).toEqual(
      expect.arrayContaining(['purchase 1', 'purchase 2', 'price 1', 'price 2']),
    );
  });

  it('finds children without a parent, apart from wrong rows', async () => {
    await filled(3);
    await world.onTarget.query(
      `SET foreign_key_checks = 0; ALTER TABLE store.price ADD CONSTRAINT of_purchase FOREIGN KEY (purchase_id)
       REFERENCES store.purchase (id); DELETE FROM store.purchase WHERE id = 2; SET foreign_key_checks = 1`,
    );
    try {
      const result = await verify(world.verifyOptions(stream));
      expect(result).toMatchObject({ wrong: 1, missing: 1, orphans: 1 });
      expect(result.findings).toContainEqual(
        expect.objectContaining({ kind: 'orphan', table: 'price', key: { purchase_id: '2' } }),
      );
    } finally {
      await world.onTarget.query(
        'ALTER TABLE store.price DROP FOREIGN KEY of_purchase, DROP INDEX IF EXISTS of_purchase',
      );
    }
  });

  it('says when the target would hand out an id that the source has used', async () => {
    await filled(3);
    const { maps, ...rest } = withoutWayBack(world.verifyOptions(stream));
    expect(await verify({ ...rest, maps })).toMatchObject({ headroom: 0 });
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (900, 'filtered')");
    const orders: TableMaps[string] = (row) => (row['code'] === 'filtered' ? [] : (maps['orders']?.(row) ?? []));
    await world.caughtUp(stream);
    await world.onTarget.query(
      `DELETE FROM store.purchase WHERE id = 900; DELETE FROM store.price WHERE purchase_id = 900;
       ALTER TABLE store.purchase AUTO_INCREMENT = 4`,
    );
    const result = await verify({ ...rest, maps: { ...maps, orders } });
    expect(result).toMatchObject({ wrong: 0, headroom: 1 });
    expect(result.findings[0]).toMatchObject({ kind: 'headroom', table: 'purchase', key: { id: '4' } });
  });

  it('keeps to a rate', async () => {
    await filled(300);
    const { ms } = await verify({ ...world.verifyOptions(stream), pageRows: 50, maxRowsPerS: 1_000 });
    expect(ms).toBeGreaterThan(250);
  });
});
