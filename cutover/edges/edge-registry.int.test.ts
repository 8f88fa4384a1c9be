import { beforeAll, describe, expect, it } from '@jest/globals';
import { openPool } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { EdgeRegistry } from './edge-registry.ts';

const database = useMariaDb();
let registry: EdgeRegistry;

beforeAll(async () => {
  const { pool } = await database.createDatabase();
  await installControlSchema(pool);
  registry = new EdgeRegistry(pool);
});

describe('the roster on disk', () => {
  it('names each edge once, as it came last', async () => {
    await registry.add({ name: 'a', incarnation: 'first', address: '10.0.0.1:4401' });
    await registry.add({ name: 'a', incarnation: 'second', address: '10.0.0.2:4401' });
    expect(await registry.load()).toEqual([{ name: 'a', incarnation: 'second', address: '10.0.0.2:4401' }]);
  });

  it('keeps an edge that was started again when word comes that its former process is gone', async () => {
    await registry.add({ name: 'b', incarnation: 'second', address: '' });
    await registry.remove('b', 'first');
    expect((await registry.load()).map(({ name }) => name)).toContain('b');
    await registry.remove('b', 'second');
    expect((await registry.load()).map(({ name }) => name)).not.toContain('b');
  });

  it('says that the server does not answer, and worth trying again', async () => {
    const nobody = openPool('mysql://root@127.0.0.1:1');
    const asked = new EdgeRegistry(nobody).load();
    await expect(asked).rejects.toMatchObject({ code: 'CONTROL_UNREACHABLE', retriable: true });
    await nobody.end();
  });
});
