import { describe, expect, it } from '@jest/globals';
import { explore, type Bounds } from './testing/explore.fixture.ts';
import { MOVER } from './testing/model-world.fixture.ts';

/*
 * The real controller, handover, settlement and edge cache run here, on a model of two databases, two streams and two
 * edges. Every call they make waits for its turn, and every order of these turns and of everything else that may happen
 * is gone through, up to the bounds below. At each moment and at each end: a subject reads their own writes (1), at most
 * one side admits writes (2), every acknowledged write is once on the owner (3), whoever is told of a cancelled handover
 * finds all as it was, and writes are admitted again and held nowhere (8).
 */
const cohort = { name: 'beta', keys: [MOVER] };
const nothing: Bounds = { writes: 0, transactions: 0, faults: 0, crashes: 0, controllers: 0, lessons: 0 };

describe.each(['cutover', 'rollback'] as const)(
  'invariants 1, 2, 3 and 8 in every interleaving of a %s',
  (direction) => {
    it.each<[what: string, bounds: Partial<Bounds>, states: number]>([
      ['two writes and edges that learn late and out of order', { writes: 2, lessons: 2 }, 500],
      [
        'a write, a transaction past the edges and a lost or failed call',
        { writes: 1, transactions: 1, faults: 1 },
        2_000,
      ],
      ['a write and two lost or failed calls', { writes: 1, faults: 2 }, 1_000],
      ['a second controller that takes the first for dead', { controllers: 1 }, 700],
      ['a controller killed at any call, with one that starts at any moment', { crashes: 1, controllers: 1 }, 1_000],
    ])('with %s', async (_, bounds, states) => {
      const found = await explore({ direction }, { ...nothing, ...bounds });
      expect(found.states).toBeGreaterThan(states);
      expect(Object.keys(found.ends).toSorted()).toEqual(['owned', 'reads']);
    });
  },
);

/*
 * The same for a cohort of one, beside somebody whose rows stay with legacy; both write through both edges and past them.
 * For the key of each: at most one side admits its writes, and exactly one does in the end; what was acknowledged is once
 * on the owner. Whoever does not move is never held and never refused.
 */
describe.each(['cutover', 'rollback'] as const)(
  'invariants 1, 2, 3 and 8 in every interleaving of a %s of a cohort',
  (direction) => {
    it.each<[what: string, bounds: Partial<Bounds>, states: number]>([
      ['two writes and edges that learn late and out of order', { writes: 2, lessons: 2 }, 1_500],
      ['a write and a transaction past the edges', { writes: 1, transactions: 1 }, 800],
      ['a write and a lost or failed call', { writes: 1, faults: 1 }, 500],
      ['a transaction past the edges and a lost or failed call', { transactions: 1, faults: 1 }, 700],
      ['a write and a controller killed at any call', { writes: 1, crashes: 1 }, 90],
      ['a controller killed at any call, with one that starts at any moment', { crashes: 1, controllers: 1 }, 3_000],
    ])('with %s', async (_, bounds, states) => {
      const found = await explore({ direction, cohort }, { ...nothing, ...bounds });
      expect(found.states).toBeGreaterThan(states);
      expect(Object.keys(found.ends).toSorted()).toEqual(['away', 'reads']);
    });
  },
);
