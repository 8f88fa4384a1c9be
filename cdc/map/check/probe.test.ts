import { describe, expect, it } from '@jest/globals';
import type { Row } from '../../change-event.ts';
import type { MapRow } from '../../mapping.ts';
import { probe, probeAgain, probeClock } from './probe.ts';

const row: Row = { id: 1, name: 'Ann' };
const put =
  (columns: (row: Row) => object): MapRow =>
  (image) => [{ table: 't', key: { id: image['id'] ?? null }, columns: columns(image) as Row }];

function impurityOf(map: MapRow): string | undefined {
  const probed = probe(map, row);
  if ('impurity' in probed) return `${probed.impurity.kind}: ${probed.impurity.message}`;
  const again = probeAgain(map, row, probed.targets, new Set()) ?? probeClock(map, row, probed.targets);
  return again?.kind;
}

describe('a probe of a mapping', () => {
  it('lets a pure function pass', () => {
    expect(impurityOf(put(({ name }) => ({ name })))).toBeUndefined();
  });

  it.each<[string, string, (image: Row) => object]>([
    ['a random value', 'unstable', () => ({ token: Math.random() })],
    ['the clock', 'clock', () => ({ year: new Date().getFullYear() })],
    ['the clock by Date.now', 'clock', () => ({ day: Math.floor(Date.now() / 86_400_000) })],
    ['a member without a counterpart', 'undefined: gives undefined for t.kind', () => ({ kind: undefined })],
    [
      'a Date',
      'type: gives a Date for t.at; expected text, a finite number, bytes or null',
      () => ({ at: new Date(0) }),
    ],
    [
      'a truth value',
      'type: gives a boolean for t.on; expected text, a finite number, bytes or null',
      () => ({ on: true }),
    ],
    [
      'no number',
      'type: gives a number that is not finite for t.n; expected text, a finite number, bytes or null',
      () => ({ n: Number('x') }),
    ],
  ])('finds %s', (_, expected, columns) => {
    expect(impurityOf(put(columns))).toBe(expected);
  });

  it('finds a mapping that changes its row', () => {
    const map: MapRow = (image) => {
      (image as Record<string, string>)['name'] = 'other';
      return [];
    };
    expect(impurityOf(map)).toBe('mutates: changes the row it is given');
  });

  it('says of a foreign error only what kind it is: its text may quote the row', () => {
    const map: MapRow = () => {
      throw new RangeError('Ann');
    };
    expect(impurityOf(map)).toBe('throws: throws: RangeError');
  });

  it('leaves the clock as it was', () => {
    const before = Date;
    probeClock(
      put(() => ({})),
      row,
      [],
    );
    expect(Date).toBe(before);
  });

  it('learns which columns are read', () => {
    const read = new Set<string>();
    probeAgain(
      put(({ name }) => ({ name })),
      row,
      [],
      read,
    );
    expect([...read].toSorted()).toEqual(['id', 'name']);
  });
});
