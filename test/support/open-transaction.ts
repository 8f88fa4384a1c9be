import { openConnection } from '../../shared/index.ts';
import type { World } from './world.ts';

/** A forgotten transaction of the monolith that has written a trip and does not end: a fence has to wait for it. */
export async function openTransaction(world: World, where = 'TRUE'): Promise<{ release(): Promise<void> }> {
  const connection = await openConnection(world.legacyDb.url('fleet_app', 'example', 'fleet'));
  await connection.beginTransaction();
  await connection.query(`UPDATE trips SET note = 'left open' WHERE ${where} ORDER BY id LIMIT 1`);
  return {
    release: async () => {
      await connection.rollback();
      await connection.end();
    },
  };
}
