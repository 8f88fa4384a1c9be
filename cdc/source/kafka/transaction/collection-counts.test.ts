import { describe, expect, it } from '@jest/globals';
import { countIn } from './collection-counts.ts';

const end = {
  status: 'END',
  event_count: 6,
  data_collections: [
    { data_collection: 'shop.orders', event_count: 2 },
    { data_collection: 'shop.other', event_count: 3 },
    { data_collection: 'banyan.rehearsal', event_count: 1 },
  ],
};
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const tables = new Set(['shop.orders', 'banyan.rehearsal']);

describe('countIn', () => {
  it('counts the changes of the tables that are read, with and without a schema', () => {
    expect(countIn(bytes(end), tables)).toBe(3);
    expect(countIn(bytes({ schema: {}, payload: end }), tables)).toBe(3);
  });

  it('refuses an END that does not count by table', () => {
    expect(() => countIn(bytes({ event_count: 1 }), tables)).toThrow(/does not count changes by table/);
    expect(() => countIn(bytes({ data_collections: [{ data_collection: 'x' }] }), tables)).toThrow(/no number/);
    expect(() => countIn(Buffer.from('{'), tables)).toThrow(/not JSON/);
  });
});
