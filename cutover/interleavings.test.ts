import { describe, expect, it } from '@jest/globals';
import { explore, type Bounds } from './testing/explore.fixture.ts';

/*
 * The real controller, handover, settlement and edge cache run here, on a model of two databases, two streams and two
 * edges. Every call they make waits for its turn, and every order of these turns and of everything else that may happen
 * is gone through, up to the bounds below. At each moment and at each end: a subject reads their own writes (1), at most
 * one side admits writes (2), every acknowledged write is once on the owner (3), whoever is told of a cancelled handover
 * finds all as it was, and writes are admitted again (8).
 */
const nothing: Bounds = { writes: 0, transactions: 0, faults: 0, crashes: 0, controllers: 0, lessons: 0 };

describe.each(['cutover', 'rollback'] as const)(
  'invariants 1, 2, 3 and 8 in every interleaving of a %s',
  (direction) => {
    it.each<[what: string, bounds: Partial<Bounds>, states: number]>([
      ['two writes and edges that learn late and out of order', { writes: 2, lessons: 2 }, 1_000],
      [
        'a write, a transaction past the edges and a lost or failed call',
        { writes: 1, transactions: 1, faults: 1 },
        2_000,
      ],
      ['a write and two lost or failed calls', { writes: 1, faults: 2 }, 1_000],
      ['a second controller that takes the first for dead', { controllers: 1 }, 700],
      ['a controller killed at any call, with one that starts at any moment', { crashes: 1, controllers: 1 }, 1_000],
    ])('with %s', async (_, bounds, states) => {
      const found = await explore(direction, { ...nothing, ...bounds });
      expect(found.states).toBeGreaterThan(states);
      expect(Object.keys(found.ends).toSorted()).toEqual(['owned', 'reads']);
    });
  },
);
