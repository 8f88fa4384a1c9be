import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stream } from '../stream/stream.ts';
import { FORWARD_DOMAIN, startWorld, type World } from '../testing/world.ts';
import type { Mismatch } from './mismatch.ts';
import { repair } from './repair.ts';
import { verify } from './verify.ts';
import { verifyContinuously } from './verify-continuously.ts';

let world: World;
let stream: Stream;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.reset();
  await world.onTarget.query(
    'ALTER TABLE store.purchase MODIFY code VARCHAR(40) NOT NULL; DELETE FROM banyan.parked; DROP TABLE IF EXISTS banyan.verification_run',
  );
});
afterAll(() => world.close());

const run = { name: 'shop-forward', mappingVersion: 1 };

/** Order 2 is refused when it comes, order 3 when it changes, order 4 is deleted behind its refused change; 5 is damaged. */
async function parked(): Promise<void> {
  await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'a'), (3, 'c'), (4, 'd'), (5, 'e')");
  stream = world.forward({ onRefusal: 'park' });
  await stream.start();
  await stream.whenStreaming();
  await world.onTarget.query('ALTER TABLE store.purchase MODIFY code VARCHAR(5) NOT NULL');
  await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (2, 'somebody by name')");
  await world.onSource.query("UPDATE shop.orders SET code = 'somebody by name' WHERE id IN (3, 4)");
  await world.onSource.query('DELETE FROM shop.orders WHERE id = 4');
  await world.caughtUp(stream);
  await world.onTarget.query("UPDATE store.purchase SET note = 'x' WHERE id = 5");
}

const waiting = ['2', '3', '4'].map((id) => ({ table: 'orders', key: { id }, reason: 'parked' }));

describe('rows whose changes are parked', () => {
  it('invariant 5: are neither right nor wrong to an exact verification, and hide no other', async () => {
    await parked();
    const result = await verify({ ...world.verifyOptions(stream), run });
    expect(result).toMatchObject({ wrong: 1, notVerified: 3, unverified: waiting });
    expect(result.findings).toMatchObject([{ kind: 'different', table: 'purchase', key: { id: '5' } }]);
    expect(JSON.stringify(result)).not.toContain('somebody');
  });

  it('nor over several positions', async () => {
    await parked();
    const result = await verify({ ...world.verifyOptions(stream), run, viewBudgetMs: -1, pageRows: 2 });
    expect(result).toMatchObject({ wrong: 1, notVerified: 3 });
  });

  it('nor to a continuous one', async () => {
    await parked();
    const result = await verifyContinuously({ ...world.verifyOptions(stream), stream, run, passes: 1 });
    expect(result).toMatchObject({ wrong: 1 });
    expect(new Set(result.unverified.map(({ reason }) => reason))).toEqual(new Set(['parked']));
  });

  it('are not repaired', async () => {
    await parked();
    let found: readonly Mismatch[] = [];
    const onMismatches = (mismatches: readonly Mismatch[]): void => void (found = mismatches);
    // Without the stream's name nothing is known of what is parked.
    await verify({ ...world.verifyOptions(stream), keepMismatches: 100, onMismatches });
    const side = { name: 'shop-forward', unit: 'shop', targetSide: 'service', ownDomain: FORWARD_DOMAIN } as const;
    const result = await repair({ ...world.verifyOptions(stream), ...side }, found);
    expect(result).toMatchObject({ written: 1, removed: 0 });
    expect(new Set(result.left.map(({ reason }) => reason))).toEqual(new Set(['parked']));
  });
});
