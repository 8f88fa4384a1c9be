import { describe, expect, it } from '@jest/globals';
import type { SourceTransaction } from '../change-event.ts';
import { Resend } from './resend.ts';

function piece(sequence: number, ids: readonly number[], continues = true): SourceTransaction {
  const changes = ids.map((id) => ({ op: 'c', table: 't', before: null, after: { id } }) as const);
  const gtid = { domain: 0, server: 1, sequence: BigInt(sequence) };
  return { gtid, committedAtMs: 0, changes, bytes: ids.length, ...(continues && { continues }) };
}

function handed(resend: Resend, pieces: readonly SourceTransaction[]): number[][] {
  return pieces
    .map((each) => resend.filter(each))
    .flatMap((each) => (each ? [each.changes.map(({ after }) => Number(after?.['id']))] : []));
}

describe('a transaction that came in part when the connection was lost', () => {
  it.each([
    ['the same pieces', [piece(2, [1, 2]), piece(2, [3, 4]), piece(2, [5], false)], [[4], [5]]],
    ['larger pieces', [piece(2, [1, 2, 3, 4]), piece(2, [5], false)], [[4], [5]]],
    ['no pieces at all', [piece(2, [1, 2, 3, 4, 5], false)], [[4, 5]]],
  ])('is handed out without repeats when it comes again in %s', (_, again, expected) => {
    const resend = new Resend();
    resend.begin();
    expect(handed(resend, [piece(1, [0], false), piece(2, [1, 2]), piece(2, [3])])).toEqual([[0], [1, 2], [3]]);
    resend.begin();
    expect(handed(resend, again)).toEqual(expected);
    expect(handed(resend, [piece(3, [1], false)])).toEqual([[1]]);
  });

  it('survives a second loss before the first repeat was over', () => {
    const resend = new Resend();
    resend.begin();
    handed(resend, [piece(2, [1, 2]), piece(2, [3, 4])]);
    resend.begin();
    expect(handed(resend, [piece(2, [1, 2])])).toEqual([]);
    resend.begin();
    expect(handed(resend, [piece(2, [1, 2]), piece(2, [3, 4]), piece(2, [5], false)])).toEqual([[5]]);
  });

  it('is an error when something else follows instead of its rest', () => {
    const resend = new Resend();
    handed(resend, [piece(2, [1])]);
    expect(() => resend.filter(piece(3, [1], false))).toThrow(/0-1-2 came in part; 0-1-3 follows/);
  });
});
