import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { insertSql, seedTables } from './seed.ts';
import type { SeedSize } from './size.ts';
import { TRIP_TRAPS } from './traps.ts';

const small: SeedSize = { users: 20, vehicles: 10, trips: 300, seed: 1 };

function digest(size: SeedSize): string {
  const hash = createHash('sha256');
  for (const table of seedTables(size)) hash.update(insertSql(table, [...table.rows()]));
  return hash.digest('hex');
}

function rowsOf(name: string): Record<string, unknown>[] {
  const table = seedTables(small).find((candidate) => candidate.name === name)!;
  return Array.from(table.rows(), (row) => Object.fromEntries(table.columns.map((column, at) => [column, row[at]])));
}

describe('the seed', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    expect(digest(small)).toBe(digest({ ...small }));
    expect(digest(small)).not.toBe(digest({ ...small, seed: 2 }));
  });

  it('puts every trap into the smallest schema', () => {
    const trips = rowsOf('trips');
    TRIP_TRAPS.forEach((trap, at) => expect(trips[at]).toMatchObject(trap));
  });

  it('leaves gaps between ids, and never repeats one', () => {
    const ids = rowsOf('trips').map((trip) => Number(trip['id']));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)! - ids[0]!).toBeGreaterThan(ids.length);
  });

  it('holds positions of existing trips only, about 1.5 for each trip', () => {
    const ids = new Set(rowsOf('trips').map((trip) => trip['id']));
    const positions = rowsOf('locations');
    expect(positions.every((position) => ids.has(position['trip_id'] as number))).toBe(true);
    expect(positions.length / small.trips).toBeGreaterThan(0.5);
  });

  it('quotes text so that the server reads back what was meant', () => {
    const table = { name: 't', columns: ['a', 'b', 'c'], rows: () => [] };
    expect(insertSql(table, [["it's \\ 🚕\n", null, 1.5]])).toBe(
      "INSERT INTO t (a, b, c) VALUES\n('it\\'s \\\\ 🚕\n',NULL,1.5)",
    );
  });
});
