import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Row, Value } from '../change-event.ts';
import { Coalescer } from './coalesce.ts';
import type { TargetRow } from '../mapping.ts';

type Operation = { readonly op: 'put' | 'remove'; readonly row: TargetRow };
type Table = Map<Value, Row>;

const unset = { price: 0 };
const value = fc.integer({ min: 1, max: 9 });
const key = fc.integer({ min: 1, max: 3 });
const operation: fc.Arbitrary<Operation> = fc.record({
  op: fc.constantFrom('put' as const, 'remove' as const),
  row: fc.oneof(
    fc.tuple(key, value).map(([id, name]): TargetRow => ({ table: 't', key: { id }, columns: { name } })),
    fc
      .tuple(key, value)
      .map(([id, price]): TargetRow => ({ table: 't', key: { id }, columns: { price }, part: { unset } })),
  ),
});
const start: fc.Arbitrary<Table> = fc
  .uniqueArray(key)
  .map((ids) => new Map(ids.map((id): [Value, Row] => [id, { name: 0, price: 0, unmapped: 5 }])));

/** What happens when every operation is its own statement; a part waits for its row within the batch. */
function oneByOne(table: Table, operations: readonly Operation[]): Table {
  const result = new Map(table);
  const waiting = new Map<Value, Row>();
  for (const { op, row } of operations) {
    const id = row.key['id'] as Value;
    const columns = op === 'put' ? row.columns : row.part?.unset;
    if (columns === undefined) {
      result.delete(id);
      waiting.delete(id);
    } else if (!row.part) {
      const now = result.get(id) ?? { name: 0, price: 0, unmapped: 0 };
      result.set(id, { ...now, ...columns, ...waiting.get(id) });
      waiting.delete(id);
    } else if (result.has(id)) result.set(id, { ...result.get(id), ...columns });
    else waiting.set(id, { ...waiting.get(id), ...columns });
  }
  return result;
}

/** The order of the statements: deletes, upserts, updates of parts. */
function folded(table: Table, operations: readonly Operation[]): Table {
  const coalescer = new Coalescer();
  for (const { op, row } of operations) coalescer[op](row);
  const result = new Map(table);
  for (const { byKey } of coalescer.tables.values())
    for (const [id, { removed, whole, parts }] of byKey) {
      if (removed) result.delete(id);
      if (whole) result.set(id, { ...(result.get(id) ?? { name: 0, price: 0, unmapped: 0 }), ...whole, ...parts });
      else if (parts && !removed && result.has(id)) result.set(id, { ...result.get(id), ...parts });
    }
  return result;
}

describe('a coalesced batch', () => {
  it('gives the same rows as applying its changes one by one', () => {
    fc.assert(
      fc.property(start, fc.array(operation, { maxLength: 12 }), (table, operations) => {
        expect(folded(table, operations)).toEqual(oneByOne(table, operations));
      }),
      { numRuns: 2000 },
    );
  });

  it('tells composite keys apart whatever their values hold', () => {
    const coalescer = new Coalescer();
    const keys: Row[] = [
      { a: '1:x', b: 'y' },
      { a: '1', b: ':xy' },
      { a: Buffer.from('a'), b: '' },
      { a: 'x61', b: '' },
    ];
    for (const each of keys) coalescer.put({ table: 't', key: each, columns: {} });
    expect(coalescer.size).toBe(keys.length);
  });

  it('knows a composite key again when its columns come in another order', () => {
    const coalescer = new Coalescer();
    coalescer.put({ table: 't', key: { a: 1, b: 2 }, columns: {} });
    coalescer.put({ table: 't', key: { b: 2, a: 1 }, columns: {} });
    expect(coalescer.size).toBe(1);
  });
});
