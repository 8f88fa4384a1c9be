import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RowDataPacket } from '../../shared/index.ts';
import type { Stream } from '../stream/stream.ts';
import { FORWARD_DOMAIN, startWorld, type World } from '../testing/world.ts';
import type { Mismatch } from './mismatch.ts';
import { repair, type Repair, type RepairOptions } from './repair.ts';
import { verify } from './verify.ts';

let world: World;
let stream: Stream;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

async function filled(): Promise<void> {
  const values = Array.from({ length: 100 }, (_, i) => `(${i + 1}, 'code ${i + 1}', ${i}.50, 'note é')`);
  await world.onSource.query(`INSERT INTO shop.orders (id, code, amount, note) VALUES ${values.join(',')}`);
  await world.onSource.query('INSERT INTO shop.lines VALUES (1, 1, 1), (1, 2, 2)');
  stream = world.forward();
  await stream.start();
  await stream.whenStreaming();
}

const damage = `UPDATE store.purchase SET note = 'x', code = 'y' WHERE id IN (10, 20);
  DELETE FROM store.price WHERE purchase_id = 30; DELETE FROM store.purchase WHERE id = 40;
  UPDATE store.price SET purchase_id = 999 WHERE purchase_id = 50; INSERT INTO store.item VALUES (9, 9, 9)`;

async function found(): Promise<readonly Mismatch[]> {
  let mismatches: readonly Mismatch[] = [];
  const onMismatches = (all: readonly Mismatch[]): void => void (mismatches = all);
  await verify({ ...world.verifyOptions(stream), keepMismatches: 1_000, onMismatches });
  return mismatches;
}

function repairAll(mismatches: readonly Mismatch[], more: Partial<RepairOptions> = {}): Promise<Repair> {
  const side = { name: 'shop-forward', unit: 'shop', targetSide: 'service', ownDomain: FORWARD_DOMAIN } as const;
  return repair({ ...world.verifyOptions(stream), ...side, ...more }, mismatches);
}

async function targetRows(): Promise<string> {
  const [rows] = await world.onTarget.query<RowDataPacket[][]>(
    'SELECT * FROM store.purchase; SELECT * FROM store.price; SELECT * FROM store.item',
  );
  return JSON.stringify(rows);
}

describe('repair', () => {
  it('invariant 5: makes wrong and missing rows what the mapping says and removes those too many', async () => {
    await filled();
    const before = await targetRows();
    await world.onTarget.query(damage);
    expect(await repairAll(await found())).toMatchObject({ written: 5, removed: 2, settled: 0, notRepaired: 0 });
    expect(await world.verify(stream)).toMatchObject({ wrong: 0 });
    expect(await targetRows()).toBe(before);
  });

  it('in a dry run says the same and changes nothing', async () => {
    await filled();
    await world.onTarget.query(damage);
    const before = await targetRows();
    expect(await repairAll(await found(), { dryRun: true })).toMatchObject({ dryRun: true, written: 5, removed: 2 });
    expect(await targetRows()).toBe(before);
  });

  it('keeps the columns of a wrong row that the mapping does not speak of', async () => {
    await filled();
    await world.onTarget.query(
      "ALTER TABLE store.purchase ADD own INT NULL; UPDATE store.purchase SET own = id, note = 'x' WHERE id = 10",
    );
    try {
      await repairAll(await found());
      const [rows] = await world.onTarget.query<RowDataPacket[]>('SELECT own, note FROM store.purchase WHERE id = 10');
      expect(rows).toEqual([{ own: 10, note: 'note é' }]);
    } finally {
      await world.onTarget.query('ALTER TABLE store.purchase DROP own');
    }
  });

  it('invariant 5: leaves alone what is right by then, while a writer keeps writing', async () => {
    await filled();
    await world.onTarget.query(damage);
    const mismatches = await found();
    const writing = new AbortController();
    const writer = world.keepWriting(writing.signal, 100);
    const results = [await repairAll(mismatches), await repairAll(mismatches)];
    writing.abort();
    await writer;
    expect(results[1]).toMatchObject({ written: 0, removed: 0, settled: 7, notRepaired: 0 });
    expect(await world.verify(stream)).toMatchObject({ wrong: 0 });
  });

  it('marks its writes as the stream marks its own', async () => {
    await filled();
    await world.onTarget.query(damage);
    const mismatches = await found();
    const domain = async (): Promise<string> => {
      const [rows] = await world.onTarget.query<RowDataPacket[]>('SELECT @@GLOBAL.gtid_binlog_pos AS at');
      return (
        String(rows[0]?.['at'])
          .split(',')
          .find((gtid) => gtid.startsWith('0-')) ?? ''
      );
    };
    const before = await domain();
    await repairAll(mismatches);
    expect(await domain()).toBe(before);
  });

  it('refuses where the target owns the rows, or another process applies', async () => {
    await filled();
    await world.onTarget.query(damage);
    const mismatches = await found();
    const before = await targetRows();
    await world.onTarget.query("INSERT INTO banyan.ownership (unit, owner, epoch) VALUES ('shop', 'service', 2)");
    await expect(repairAll(mismatches)).rejects.toMatchObject({ code: 'CDC_TARGET_OWNS_ROWS' });
    await world.onTarget.query(
      "DELETE FROM banyan.ownership; UPDATE banyan.stream_position SET position = '0-1-999999999'",
    );
    await expect(repairAll(mismatches)).rejects.toMatchObject({ code: 'CDC_STREAM_TAKEN' });
    expect(await targetRows()).toBe(before);
  });

  it('leaves rows too many where the mapping knows no way back, and names what it left', async () => {
    await filled();
    await world.onTarget.query(damage);
    const mismatches = await found();
    const { inverse: _, ...options } = world.verifyOptions(stream);
    const side = { name: 'shop-forward', unit: 'shop', targetSide: 'service', ownDomain: FORWARD_DOMAIN } as const;
    const result = await repair({ ...options, ...side }, mismatches);
    expect(result).toMatchObject({ written: 5, removed: 0, notRepaired: 2 });
    expect(result.left[0]).toMatchObject({ kind: 'extra', reason: 'no way back' });
  });
});
