import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChangeEvent, Row } from '../change-event.ts';
import { Coalescer } from './coalesce.ts';
import { mapChange } from './map.ts';
import type { MapRow, TargetRow } from '../mapping.ts';

/** Splits, filters and moves rows: hidden rows leave the target, the owner decides the key of the second table. */
const map: MapRow = ({ id = null, owner = null, hidden = null, size = null }) => {
  const rows: TargetRow[] = [];
  if (hidden === 0) rows.push({ table: 'visible', key: { id }, columns: { size } });
  rows.push({ table: 'by_owner', key: { owner, id }, columns: { size } });
  return rows;
};

const small = fc.integer({ min: 0, max: 2 });
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.integer({ min: 1, max: 3 }),
  owner: small,
  hidden: fc.integer({ min: 0, max: 1 }),
  size: small,
});

/** A legal history: rows are inserted, changed (key included) and deleted. */
function history(images: readonly (readonly [Row, boolean])[]): { events: ChangeEvent[]; end: Map<unknown, Row> } {
  const end = new Map<unknown, Row>();
  const events: ChangeEvent[] = [];
  for (const [image, removes] of images) {
    const before = end.get(image['id']);
    if (before && removes) {
      end.delete(image['id']);
      events.push({ op: 'd', table: 't', before, after: null });
    } else {
      end.set(image['id'], image);
      events.push(
        before ? { op: 'u', table: 't', before, after: image } : { op: 'c', table: 't', before: null, after: image },
      );
    }
  }
  return { events, end };
}

function placed(rows: Iterable<TargetRow>): string[] {
  return [...rows].map(({ table, key, columns }) => JSON.stringify([table, key, columns])).toSorted();
}

describe('mapChange', () => {
  it('invariant 5: leaves exactly what the mapping yields for the rows that exist', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.boolean()), { maxLength: 15 }), (images) => {
        const { events, end } = history(images);
        const coalescer = new Coalescer();
        for (const event of events) mapChange(map, event, coalescer);
        const left = [...coalescer.tables.values()].flatMap(({ table, byKey }) =>
          [...byKey.values()].flatMap(({ key, whole }) => (whole ? [{ table, key, columns: whole }] : [])),
        );
        expect(placed(left)).toEqual(placed([...end.values()].flatMap((image) => map(image))));
      }),
      { numRuns: 1000 },
    );
  });

  it('writes nothing when only columns changed that are not mapped', () => {
    const coalescer = new Coalescer();
    const before = { id: 1, owner: 1, hidden: 0, size: 1, forgotten: 1 };
    mapChange(map, { op: 'u', table: 't', before, after: { ...before, forgotten: 2 } }, coalescer);
    expect(coalescer.size).toBe(0);
  });
});
