import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { readStreamRecord } from '../apply/bookkeeping.ts';
import type { Stream } from './stream.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.reset());

async function streaming(stream: Stream): Promise<Stream> {
  await stream.start();
  await stream.whenStreaming();
  return stream;
}

async function reasonOf(stream: Stream): Promise<string> {
  await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: 10_000 });
  const state = stream.state();
  return state.kind === 'stopped' ? `${state.error.code}: ${state.error.message}` : state.kind;
}

describe('a schema change of the source', () => {
  it('is stopped at after everything before it is applied, and the difference is shown', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query(`INSERT INTO shop.orders (id, code) VALUES (1, 'before');
      ALTER TABLE shop.orders ADD COLUMN tip INT NULL, MODIFY code VARCHAR(60) NOT NULL;
      INSERT INTO shop.orders (id, code) VALUES (2, 'behind')`);
    expect(await reasonOf(stream)).toMatch(
      /^CDC_SCHEMA_CHANGED: ALTER TABLE shop\.orders.*orders\.code was varchar\(40\).* is varchar\(60\).*orders\.tip was added as int/s,
    );
    const [rows] = await world.onTarget.query('SELECT id FROM store.purchase');
    expect(rows).toEqual([{ id: '1' }]);
    await world.onSource.query('ALTER TABLE shop.orders DROP COLUMN tip, MODIFY code VARCHAR(40) NOT NULL');
  });

  it('made in several statements is passed as one under a new mapping version, and the next one stops again', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query(`ALTER TABLE shop.orders ADD COLUMN tip INT NULL;
      ALTER TABLE shop.orders MODIFY tip BIGINT NULL; INSERT INTO shop.orders (id, code) VALUES (1, 'new shape')`);
    expect(await reasonOf(stream)).toMatch(/tip was added as/);
    expect(await stream.schemaChanges()).toMatchObject([{ column: 'tip', what: 'was added as bigint(20) NULL' }]);
    const next = await streaming(world.forward({ mappingVersion: 2 }));
    expect(await caughtUp(next, world.onSource)).toBe(true);
    expect(await next.schemaChanges()).toEqual([]);
    await world.onSource.query('ALTER TABLE shop.orders DROP COLUMN tip');
    expect(await reasonOf(next)).toMatch(/orders\.tip was dropped or renamed/);
  });

  it('of an unmapped table is nothing to the stream', async () => {
    const stream = await streaming(world.forward());
    await world.onSource.query(`ALTER TABLE shop.unrelated ADD COLUMN y INT NULL;
      INSERT INTO shop.orders (id, code) VALUES (1, 'after'); ALTER TABLE shop.unrelated DROP COLUMN y`);
    expect(await caughtUp(stream, world.onSource)).toBe(true);
    expect(stream.state().kind).toBe('streaming');
  });

  it('lets the other direction take the new mapping version too, whoever starts first', async () => {
    const forward = await streaming(world.forward());
    const reverse = await streaming(world.backward());
    await world.onSource.query('ALTER TABLE shop.orders ADD COLUMN tip INT NULL');
    await reasonOf(forward);
    await reverse.stop();
    const refused = world.backward({ mappingVersion: 2 });
    await expect(refused.start()).rejects.toMatchObject({ code: 'CDC_MAPPING_CHANGED' });
    const readPeer = () => readStreamRecord(world.onTarget, 'shop-forward');
    const early = await streaming(world.backward({ mappingVersion: 2, readPeer }));
    await early.stop();
    const next = await streaming(world.forward({ mappingVersion: 2 }));
    expect(await caughtUp(next, world.onSource)).toBe(true);
    await world.onSource.query('ALTER TABLE shop.orders DROP COLUMN tip');
  });
});
