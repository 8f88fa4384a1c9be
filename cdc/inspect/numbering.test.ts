import { describe, expect, it } from '@jest/globals';
import { compareNumbering } from './numbering.ts';

const side = (increment: number, offset: number, tables = ['trips']) => ({ tables, increment, offset });

describe('compareNumbering', () => {
  it('knows that steps of one length from different offsets never meet', () => {
    expect(compareNumbering(side(2, 1), side(2, 2))).toEqual({
      isDisjoint: true,
      detail: 'legacy gives 1 of 2, the service 2 of 2',
    });
  });

  it.each([
    [side(1, 1), side(1, 1)],
    [side(2, 1), side(2, 1)],
    [side(2, 1), side(3, 2)],
  ])('does not trust anything else: %j and %j', (one, other) => {
    expect(compareNumbering(one, other).isDisjoint).toBe(false);
  });

  it('asks nothing where one side is given its numbers', () => {
    expect(compareNumbering(side(1, 1), side(1, 1, [])).isDisjoint).toBe(true);
  });
});
