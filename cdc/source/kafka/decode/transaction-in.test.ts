import { describe, expect, it } from '@jest/globals';
import { COPIED } from './record-format.ts';
import { transactionIn } from './transaction-in.ts';

const found = (value: unknown) =>
  transactionIn({ offset: 0, value: value === null ? null : Buffer.from(JSON.stringify(value)) });

describe('transactionIn', () => {
  it.each([
    ['a change', { op: 'u', transaction: { id: '0-1-2' }, source: { snapshot: 'false' } }, '0-1-2'],
    ['a change with its schema', { schema: {}, payload: { op: 'c', transaction: { id: '0-1-2' } } }, '0-1-2'],
    ['a row of a snapshot', { op: 'r', source: { snapshot: 'first' } }, COPIED],
    ['a change without transactions', { op: 'c', source: { snapshot: false } }, null],
    ['BEGIN', { status: 'BEGIN', id: '0-1-2' }, '0-1-2'],
    ['a definition', { ddl: 'DROP TABLE t', source: { gtid: '0-1-2' } }, '0-1-2'],
    ['a definition found by a snapshot', { ddl: 'CREATE TABLE t', source: { gtid: null } }, null],
    ['a heartbeat', { ts_ms: 1 }, null],
    ['a tombstone', null, null],
    ['another text', 'hello', null],
  ])('tells the transaction of %s', (_, value, id) => {
    expect(found(value)).toBe(id);
  });

  it('does not fail on what is no JSON', () => {
    expect(transactionIn({ offset: 0, value: Buffer.from('{"op":') })).toBeNull();
  });
});
