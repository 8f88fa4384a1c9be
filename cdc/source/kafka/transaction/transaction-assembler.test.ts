import { describe, expect, it } from '@jest/globals';
import type { SourceTransaction } from '../../../change-event.ts';
import { formatPosition, parsePosition } from '../../../position.ts';
import type { KafkaRecord } from '../decode/record.ts';
import { begin, change, ddl, end, newConnector, truncate } from '../testing/records.ts';
import { TransactionAssembler } from './transaction-assembler.ts';

function createAssembler(from = '0-1-9', pieceBytes = 1_000_000) {
  const place = { topic: 'shop', partition: 0 };
  const assembler = new TransactionAssembler({ from: parsePosition(from), pieceBytes, place });
  let offset = 0;
  const take = (...records: readonly KafkaRecord[]): SourceTransaction[] =>
    records.flatMap((record) => [...assembler.take(record, offset++)]);
  return { assembler, take };
}

const brief = (transactions: readonly SourceTransaction[]) =>
  transactions.map(({ gtid, changes, continues }) => [
    Number(gtid.sequence),
    changes.map(({ after }) => after?.['id']),
    ...(continues ? ['continues'] : []),
  ]);

const whole = (sequence: number, ids: readonly number[]): KafkaRecord[] => [
  begin(sequence),
  ...ids.map((id, i) => change(sequence, i + 1, id)),
  end(sequence, ids.length),
];

describe('TransactionAssembler', () => {
  it('delivers a transaction at its END, with the place of what follows', () => {
    const { take } = createAssembler();
    expect(brief(take(begin(10), change(10, 1, 5), change(10, 2, 6)))).toEqual([]);
    const [transaction] = take(end(10, 2));
    expect(brief(transaction ? [transaction] : [])).toEqual([[10, [5, 6]]]);
    expect(transaction?.cursor).toBe('shop/0/4');
  });

  it('delivers transactions without changes, so that the watermark moves', () => {
    expect(brief(createAssembler().take(...whole(10, []), ...whole(11, [])))).toEqual([
      [10, []],
      [11, []],
    ]);
  });

  it('drops what its position covers, and knows every domain by itself', () => {
    const { take } = createAssembler('0-1-11,7701-1-3');
    const other = { ...begin(4), transactionId: '7701-9-4' };
    const found = take(...whole(10, [1]), ...whole(11, [2]), other, { ...end(4, 0), transactionId: '7701-9-4' });
    expect(found.map(({ gtid }) => gtid.domain)).toEqual([7701]);
  });

  it('closes a definition, which has no END, with the next BEGIN', () => {
    const { take, assembler } = createAssembler();
    expect(take(begin(10), ddl(10, 'ALTER TABLE t ADD x INT'))).toEqual([]);
    expect(assembler.awaitsNext).toBe(true);
    expect(take(begin(11))).toMatchObject([{ schemaChange: 'ALTER TABLE t ADD x INT', cursor: 'shop/0/2' }]);
  });

  it('carries a truncate, which has no END either', () => {
    expect(createAssembler().take(begin(10), truncate(10), begin(11))).toMatchObject([{ changes: [{ op: 't' }] }]);
  });

  it('keeps the definitions of other tables to itself', () => {
    const [transaction] = createAssembler().take(begin(10), { ...ddl(10, 'x'), isOurs: false }, begin(11));
    expect(transaction).not.toHaveProperty('schemaChange');
  });

  it('appends what follows when the connector was killed inside a transaction: it counts anew from there', () => {
    const { take } = createAssembler();
    take(begin(10), change(10, 1, 1), change(10, 2, 2));
    expect(brief(take(begin(10), change(10, 1, 3), end(10, 1), end(10, 1)))).toEqual([[10, [1, 2, 3]]]);
  });

  it('takes a change once when the broker holds it twice', () => {
    const { take } = createAssembler();
    expect(brief(take(begin(10), change(10, 1, 1), change(10, 1, 1), end(10, 1)))).toEqual([[10, [1]]]);
  });

  it('takes a transaction once when the connector goes back to an older one', () => {
    const { take } = createAssembler();
    take(...whole(10, [1]), begin(11), change(11, 1, 2));
    expect(brief(take(...whole(10, [1]), ...whole(11, [2, 3])))).toEqual([[11, [2, 3]]]);
  });

  it('hands a large transaction over in pieces and no change of it twice when the topic is read anew', () => {
    const { assembler, take } = createAssembler('0-1-9', 200);
    const first = take(begin(10), change(10, 1, 1), change(10, 2, 2), change(10, 3, 3));
    assembler.restart();
    const rest = take(...whole(10, [1, 2, 3, 4]));
    expect(brief([...first, ...rest])).toEqual([
      [10, [1, 2], 'continues'],
      [10, [3, 4], 'continues'],
      [10, []],
    ]);
    expect(first[0]).not.toHaveProperty('cursor');
  });

  it('reads a transaction anew that was begun twice', () => {
    const { assembler, take } = createAssembler();
    const log = [begin(10), change(10, 1, 1), change(10, 2, 2), begin(10), change(10, 1, 3)];
    take(...log);
    assembler.restart();
    expect(brief(take(...log, change(10, 2, 4), end(10, 2)))).toEqual([[10, [1, 2, 3, 4]]]);
  });

  it('E24 names what a connector that has begun anew left out, and wants a BEGIN that shows it', () => {
    const inside = createAssembler();
    inside.take(begin(10), change(10, 1, 1));
    expect(inside.assembler.awaitsNext).toBe(false);
    inside.take(newConnector, newConnector);
    expect(inside.assembler.awaitsNext).toBe(true);
    expect(() => inside.take(begin(14))).toThrow(
      /0-1-10 is not whole .* 0-1-14 begins in front of its END, from a connector that has begun anew/,
    );
    const between = createAssembler();
    between.take(...whole(10, [1]), newConnector);
    expect(between.assembler.awaitsNext).toBe(true);
    expect(() => between.take(begin(14))).toThrow(/goes on with 0-1-14; expected 0-\*-11 after 0-1-10/);
  });

  it('goes on with a connector that has begun anew where nothing was missed', () => {
    const { take, assembler } = createAssembler();
    expect(brief(take(...whole(10, [1]), newConnector, ...whole(11, [2])))).toEqual([
      [10, [1]],
      [11, [2]],
    ]);
    expect(assembler.awaitsNext).toBe(false);
  });

  it('passes over what a new connector writes about the tables it finds', () => {
    const found = { ...ddl(0, 'CREATE TABLE t (id INT)'), transactionId: null };
    const [transaction] = createAssembler().take(begin(10), found, end(10, 0));
    expect(transaction).not.toHaveProperty('schemaChange');
  });

  it.each([
    [
      'a change is missing',
      [begin(10), change(10, 2, 1)],
      /0-1-10 is not whole at shop\/0\/1: change 2 follows change 0/,
    ],
    ['END counts more', [begin(10), change(10, 1, 1), end(10, 2)], /END counts 2 changes, 1 came/],
    ['the next one begins early', [begin(10), change(10, 1, 1), begin(11)], /0-1-11 begins in front of its END/],
    ['its BEGIN is missing', [change(10, 1, 1)], /0-1-10 is not whole at shop\/0\/0: its BEGIN is missing/],
  ])('refuses a transaction of which %s', (_, records, message) => {
    expect(() => createAssembler().take(...records)).toThrow(message);
  });

  it('refuses to pass over a transaction that the topic does not hold', () => {
    expect(() => createAssembler().take(begin(12))).toThrow(
      /shop\/0\/0 goes on with 0-1-12; expected 0-\*-10 after 0-1-9/,
    );
    expect(() => createAssembler('').take(begin(2))).toThrow(/expected 0-\*-1 after the beginning/);
  });

  it('lets a domain it never heard of begin anywhere', () => {
    const { assembler, take } = createAssembler();
    take({ ...begin(1), transactionId: '7-1-500' }, { ...end(1, 0), transactionId: '7-1-500' });
    expect(formatPosition(assembler.position)).toBe('0-1-9,7-1-500');
  });

  it("E37 E39 E40 refuses rows of the connector's own snapshot, whenever they come, and changes without a transaction", () => {
    const { take } = createAssembler();
    expect(() => take({ ...change(10, 1, 1), isSnapshot: true })).toThrow(/row of a connector's snapshot/);
    expect(() => take({ ...change(10, 1, 1), transactionId: null })).toThrow(/names no transaction/);
  });

  it('goes on without a change that an operator has given up', () => {
    const { assembler, take } = createAssembler();
    take(begin(10), change(10, 1, 1));
    assembler.take({ kind: 'passed' }, 100);
    expect(brief(take(change(10, 3, 3), end(10, 3)))).toEqual([[10, [1, 3]]]);
  });
});
