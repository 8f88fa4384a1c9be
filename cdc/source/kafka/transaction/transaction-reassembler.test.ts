import { describe, expect, it } from '@jest/globals';
import { parsePosition } from '../../../position.ts';
import type { KafkaRecord } from '../decode/record.ts';
import { begin, change, ddl, end, newConnector, truncate } from '../testing/records.ts';
import { TransactionReassembler } from './transaction-reassembler.ts';

function createReassembler(from = '0-1-9') {
  const reassembler = new TransactionReassembler(parsePosition(from));
  let offset = 0;
  /** Records of one topic; END counts what is given with it. */
  const take = (topic: string, ...records: readonly KafkaRecord[]): void => {
    for (const record of records) {
      const count = record.kind === 'end' ? () => record.count : undefined;
      reassembler.take(record, { topic, partition: 0 }, offset++, count);
    }
  };
  const given = (): unknown[] => {
    const found: unknown[] = [];
    for (let whole = reassembler.next(); whole; whole = reassembler.next())
      found.push([Number(whole.gtid.sequence), whole.changes.map((event) => event.after?.['id'] ?? event.op)]);
    return found;
  };
  return { reassembler, take, given };
}

describe('TransactionReassembler', () => {
  it('gives a transaction when as many changes came as END counts, in their order over all topics', () => {
    const { take, given } = createReassembler();
    take('a', change(10, 1, 1), change(10, 3, 3));
    take('marks', begin(10), end(10, 3));
    expect(given()).toEqual([]);
    take('b', change(10, 2, 2));
    expect(given()).toEqual([[10, [1, 2, 3]]]);
  });

  it('gives transactions in the order of their BEGIN, whatever comes first', () => {
    const { take, given } = createReassembler();
    take('marks', begin(10), end(10, 1), begin(11), end(11, 0), begin(12), end(12, 1));
    take('a', change(12, 1, 12));
    expect(given()).toEqual([]);
    take('a', change(10, 1, 10));
    expect(given()).toEqual([
      [10, [10]],
      [11, []],
      [12, [12]],
    ]);
  });

  it('takes a change once that a producer wrote twice', () => {
    const { take, given } = createReassembler();
    take('marks', begin(10), end(10, 2));
    take('a', change(10, 1, 1), change(10, 1, 1));
    expect(given()).toEqual([]);
    take('a', change(10, 2, 2));
    expect(given()).toEqual([[10, [1, 2]]]);
  });

  it('drops what its position covers, and what comes again', () => {
    const { take, given } = createReassembler();
    const log = [begin(9), end(9, 1), begin(10), end(10, 1)];
    take('marks', ...log);
    take('a', change(9, 1, 9), change(10, 1, 10));
    expect(given()).toEqual([[10, [10]]]);
    take('marks', ...log);
    take('a', change(10, 1, 10));
    expect(given()).toEqual([]);
  });

  it('gives a definition when every topic was read to its end behind it', () => {
    const { reassembler, take, given } = createReassembler();
    take('marks', begin(10));
    expect(reassembler.awaitsNext).toBe(true);
    take('marks', begin(11), end(11, 0));
    expect(given()).toEqual([]);
    take('definitions', ddl(10, 'ALTER TABLE t ADD x INT'));
    reassembler.settle(reassembler.mark);
    expect(reassembler.next()).toMatchObject({ schemaChange: 'ALTER TABLE t ADD x INT' });
    expect(given()).toEqual([[11, []]]);
  });

  it('waits for everything when the connector was restarted inside: END counts only the rest', () => {
    const { reassembler, take, given } = createReassembler();
    take('marks', begin(10), begin(10), end(10, 2));
    take('a', change(10, 1, 1), change(10, 2, 2));
    expect(given()).toEqual([]);
    take('a', change(10, 1, 3), change(10, 2, 4));
    reassembler.settle(reassembler.mark);
    expect(given()).toEqual([[10, [1, 2, 3, 4]]]);
  });

  it('stops when a part comes after its transaction was given without a count', () => {
    const { reassembler, take, given } = createReassembler();
    take('marks', begin(10), begin(11));
    reassembler.settle(reassembler.mark);
    expect(given()).toEqual([[10, []]]);
    expect(() => take('a', truncate(10))).toThrow(/0-1-10 was given without what lies at a\/0\/2/);
  });

  it('says what it waits for, and how much it holds', () => {
    const { reassembler, take } = createReassembler();
    take('marks', begin(10), end(10, 2));
    take('a', change(10, 1, 1), change(11, 1, 1));
    expect(reassembler.heldBytes).toEqual({ all: 400, next: 200 });
    expect([reassembler.isAhead('a'), reassembler.isAhead('b')]).toEqual([true, false]);
    expect(reassembler.stuck()).toMatchObject({
      gtid: '0-1-10',
      what: 'END counts 2 changes of these tables, 1 came',
    });
  });

  it('E24 wants a BEGIN that shows what a connector that has begun anew left out', () => {
    const { reassembler, take } = createReassembler();
    take('marks', begin(10), end(10, 0));
    expect(reassembler.awaitsNext).toBe(false);
    take('definitions', newConnector);
    expect(reassembler.awaitsNext).toBe(true);
    expect(() => take('marks', begin(14))).toThrow(/goes on with 0-1-14; expected 0-\*-11/);
    expect(reassembler.awaitsNext).toBe(false);
  });

  it('refuses a hole, rows of a snapshot, and changes without a transaction', () => {
    const { take } = createReassembler();
    expect(() => take('marks', begin(11))).toThrow(/goes on with 0-1-11; expected 0-\*-10/);
    expect(() => take('a', { ...change(10, 1, 1), transactionId: null })).toThrow(/names no transaction/);
    expect(() => take('a', { ...change(10, 1, 1), transactionId: null, isSnapshot: true })).toThrow(/snapshot/);
  });
});
