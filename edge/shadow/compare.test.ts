import { describe, expect, it } from '@jest/globals';
import { compareAnswers } from './compare.ts';

describe('the comparison of two answers', () => {
  it('finds none between equal values, whatever the order of keys', () => {
    expect(compare({ id: '1', fare: '12.50' }, { fare: '12.50', id: '1' })).toEqual([]);
  });

  it('invariant 10: names the place and the types, never the values', () => {
    const found = compare({ trips: [{ fare: '12.50', note: null }] }, { trips: [{ fare: 12.5 }] });
    expect(found).toEqual([
      { path: '$.trips[*].fare', control: 'string', candidate: 'number' },
      { path: '$.trips[*].note', control: 'null', candidate: 'missing' },
    ]);
  });

  it('tells lists of different length, and stops after the first few', () => {
    expect(compare([1, 2], [1])).toEqual([{ path: '$.length', control: 'number', candidate: 'number' }]);
    expect(compare([1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 0, 3, 2, 1])).toHaveLength(5);
  });

  it('compares the status first, and bytes where there is no JSON', () => {
    const text = (status: number, body: string): { status: number; body: Buffer } => ({
      status,
      body: Buffer.from(body),
    });
    expect(compareAnswers(text(200, '{}'), text(404, '{}'))).toMatchObject([{ path: 'status' }]);
    expect(compareAnswers(text(200, 'a'), text(200, 'b'))).toMatchObject([{ path: 'body', control: 'not JSON' }]);
    expect(compareAnswers(text(204, ''), text(204, ''))).toEqual([]);
  });
});

function compare(control: unknown, candidate: unknown): ReturnType<typeof compareAnswers> {
  const answer = (value: unknown): { status: number; body: Buffer } => ({
    status: 200,
    body: Buffer.from(JSON.stringify(value)),
  });
  return compareAnswers(answer(control), answer(candidate));
}
