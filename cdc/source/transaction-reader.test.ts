import { describe, expect, it } from '@jest/globals';
import type { SourceTransaction } from '../change-event.ts';
import {
  COMMITTED_AT_S,
  EventType,
  writeCommit,
  writeEvent,
  writeGtid,
  writeRows,
  writeStatement,
  writeTableMap,
} from './testing/write-event.ts';
import { TransactionReader, type TransactionReaderOptions } from './transaction-reader.ts';

const OURS = 41;
const OTHERS = 42;

function createReader(options: Partial<TransactionReaderOptions> = {}) {
  const found: SourceTransaction[] = [];
  const reader = new TransactionReader({
    schema: 'house',
    tables: ['orders'],
    extraTables: ['banyan.rehearsal'],
    collations: new Map(),
    hasChecksum: true,
    deliver: (transaction) => found.push(transaction),
    ...options,
  });
  const read = (...events: readonly Buffer[]): SourceTransaction[] => {
    for (const event of events) reader.read(event, 0, event.length);
    return found.splice(0);
  };
  return { read };
}

const table = writeTableMap(OURS, 'orders');
const row = (id: number, v: number | null = 1): Buffer => writeRows(OURS, { images: [[id, v]] });
const ids = ({ changes }: SourceTransaction): unknown[] => changes.map(({ after }) => after?.['id']);
const unreadable = (text: RegExp): object =>
  expect.objectContaining({ code: 'CDC_LOG_UNREADABLE', message: expect.stringMatching(text) });

describe('transactions of the log', () => {
  it('are delivered at their commit, with their changes in order and the clock of the source', () => {
    const { read } = createReader();
    const update = writeRows(OURS, {
      type: EventType.UPDATE,
      images: [
        [1, 5],
        [1, null],
      ],
    });
    const remove = writeRows(OURS, { type: EventType.DELETE, images: [[1, null]] });
    expect(read(writeGtid(10, { domain: 3 }), table, row(1, 5), table, update, table, remove)).toEqual([]);
    expect(read(writeCommit())).toEqual([
      {
        gtid: { domain: 3, server: 7, sequence: 10n },
        committedAtMs: COMMITTED_AT_S * 1000,
        bytes: expect.any(Number),
        changes: [
          { op: 'c', table: 'orders', before: null, after: { id: 1, v: 5 } },
          { op: 'u', table: 'orders', before: { id: 1, v: 5 }, after: { id: 1, v: null } },
          { op: 'd', table: 'orders', before: { id: 1, v: null }, after: null },
        ],
      },
    ]);
  });

  it('are delivered empty when they touch no wanted table, so that the position moves', () => {
    const { read } = createReader();
    const other = writeTableMap(OTHERS, 'orders', { schema: 'elsewhere' });
    const rows = writeRows(OTHERS, { images: [[1, 1]] });
    expect(read(writeGtid(10), other, rows, writeCommit())).toMatchObject([{ changes: [], bytes: 0 }]);
    expect(read(writeGtid(11, { isAlone: true }), writeStatement('GRANT SELECT ON house.orders TO x'))).toMatchObject([
      { gtid: { sequence: 11n }, changes: [] },
    ]);
  });

  it('carry tables of other schemas under their whole name', () => {
    const { read } = createReader();
    const rehearsal = writeTableMap(OTHERS, 'rehearsal', { schema: 'banyan' });
    const [found] = read(writeGtid(10), rehearsal, writeRows(OTHERS, { images: [[1, 2]] }), writeCommit());
    expect(found?.changes).toMatchObject([{ table: 'banyan.rehearsal', after: { id: 1, v: 2 } }]);
  });

  it('read each table by the description in front, also when its number is given to another', () => {
    const { read } = createReader({ tables: ['orders', 'lines'] });
    const lines = writeTableMap(OURS, 'lines', { columns: ['n'] });
    const [found] = read(writeGtid(10), table, row(1), lines, writeRows(OURS, { images: [[4]] }), writeCommit());
    expect(found?.changes).toMatchObject([{ after: { id: 1, v: 1 } }, { table: 'lines', after: { n: 4 } }]);
  });

  it('come in pieces when they are large; the last one lacks the mark', () => {
    const { read } = createReader({ pieceBytes: 30 });
    const found = read(writeGtid(10), table, row(1), row(2), row(3), writeCommit());
    expect(found.map((piece) => [ids(piece), piece.continues])).toEqual([
      [[1, 2], true],
      [[3], undefined],
    ]);
  });

  it('hold nothing of what was rolled back, and cannot take back what was delivered', () => {
    const { read } = createReader();
    expect(read(writeGtid(10), table, row(1), writeStatement('ROLLBACK'))).toMatchObject([{ changes: [] }]);
    const split = createReader({ pieceBytes: 1 });
    expect(() => split.read(writeGtid(11), table, row(1), writeStatement('ROLLBACK'))).toThrow(
      unreadable(/0-7-11 was rolled back after parts of it were delivered/),
    );
  });

  it('name the definition that changed, and the table that was emptied', () => {
    const { read } = createReader();
    const sql = 'ALTER TABLE orders ADD x INT';
    expect(read(writeGtid(10, { isAlone: true }), writeStatement(sql))).toMatchObject([{ schemaChange: sql }]);
    const [emptied] = read(writeGtid(11, { isAlone: true }), writeStatement('TRUNCATE orders'));
    expect(emptied?.changes).toEqual([{ op: 't', table: 'orders', before: null, after: null }]);
  });
});

describe('what cannot be carried faithfully stops the reader', () => {
  it.each([165, 166, 167, 168, 169, 170, 171])('E64 an event of a compressed log, type %i', (type) => {
    const { read } = createReader();
    const error = expect.objectContaining({
      code: 'CDC_LOG_UNREADABLE',
      message: 'the log is compressed (log_bin_compress=ON), which is not supported',
      fix: expect.stringContaining('log_bin_compress=OFF'),
    });
    expect(() => read(writeGtid(10), writeEvent(type, Buffer.alloc(12)))).toThrow(error);
  });

  it.each([30, 31, 32])('rows as MySQL writes them, type %i', (type) => {
    const { read } = createReader();
    expect(() => read(writeGtid(10), table, writeEvent(type, Buffer.alloc(12)))).toThrow(unreadable(/version 2/));
  });

  it('E35 a statement that changes a wanted table, and an XA transaction that did', () => {
    const notRows = (text: RegExp): object =>
      expect.objectContaining({ code: 'CDC_LOG_NOT_ROW', message: expect.stringMatching(text) });
    expect(() => createReader().read(writeGtid(10), writeStatement('UPDATE orders SET v = 1'))).toThrow(
      notRows(/^transaction 0-7-10 changed a table of the unit by a statement/),
    );
    const prepare = writeEvent(EventType.XA_PREPARE, Buffer.alloc(13));
    expect(() => createReader().read(writeGtid(11), table, row(1), prepare)).toThrow(notRows(/0-7-11 .* XA/));
    expect(createReader().read(writeGtid(12), prepare)).toMatchObject([{ changes: [] }]);
  });

  it('a row of which only some columns were written', () => {
    const partial = writeRows(OURS, { images: [[1, 2]], present: 0b01 });
    expect(() => createReader().read(writeGtid(10), table, partial)).toThrow(
      expect.objectContaining({ code: 'CDC_ROW_IMAGE_PARTIAL', message: expect.stringContaining('of orders') }),
    );
  });

  it('columns without names', () => {
    const nameless = writeTableMap(OURS, 'orders', { hasNames: false });
    expect(() => createReader().read(writeGtid(10), nameless)).toThrow(unreadable(/columns of house\.orders.*=FULL/));
  });

  it.each([
    ['does not have its checksum', () => flipped(row(1))],
    ['is shorter than its header', () => row(1).subarray(0, 20)],
    ['ends before what it announces', () => writeEvent(EventType.GTID)],
    ['has 1 columns of orders, its table 2', () => writeRows(OURS, { images: [[1]] })],
    [
      'holds half a row of orders',
      () => writeEvent(EventType.WRITE, Buffer.from('290000000000000002030001000000ffff', 'hex')),
    ],
  ])('an event that %s', (text, event) => {
    const { read } = createReader();
    expect(() => read(writeGtid(10), table, event())).toThrow(unreadable(new RegExp(`damaged: it ${text}`)));
  });

  it('a change of a wanted table that belongs to no transaction', () => {
    expect(() => createReader().read(table, row(1))).toThrow(unreadable(/changes orders outside of any transaction/));
  });
});

it('passes over events that say nothing of rows, and needs no checksum where the log has none', () => {
  const { read } = createReader({ hasChecksum: false });
  const bare = (event: Buffer): Buffer => event.subarray(0, event.length - 4);
  const found = read(...[writeGtid(10), writeEvent(163), table, row(1), writeEvent(4), writeCommit()].map(bare));
  expect(found.map(ids)).toEqual([[1]]);
});

function flipped(event: Buffer): Buffer {
  const copy = Buffer.from(event);
  copy[copy.length - 6] = (copy[copy.length - 6] as number) ^ 1;
  return copy;
}
