import { describe, expect, it } from '@jest/globals';
import type { ChangeEvent, ChangeSource, Row, SourceTransaction, TableMaps } from '../../cdc/index.ts';
import { emptyPosition } from '../../cdc/index.ts';
import { controlRows } from './control-rows.ts';
import { findTransaction, isOvertaken } from './find-transaction.ts';
import { RecentChanges, type SeenTransaction } from './recent-changes.ts';

const maps: TableMaps = {
  trips: (row) => [
    { table: 'trip', key: { id: row['id'] ?? null }, columns: { rider: row['user'] ?? null } },
    { table: 'fare', key: { trip: row['id'] ?? null }, columns: { cents: row['cents'] ?? null } },
  ],
};
const change = (before: Row | null, after: Row | null): ChangeEvent =>
  ({ op: 'u', table: 'trips', before, after }) as ChangeEvent;
const row = (id: number, user = 1, cents = 0): Row => ({ id, user, cents });
const seen = (id: string, ...changes: ChangeEvent[]): SeenTransaction => ({ id, seenAt: 0, bytes: 1, changes });
const idOf = (list: SeenTransaction[] | undefined, id?: string): unknown => {
  const found = findTransaction(maps, list, id);
  return found.kind === 'found' ? found.id : found.kind;
};

describe("legacy's own transaction", () => {
  const [five, six] = [seen('t5', change(row(5), row(5, 1, 9))), seen('t6', change(row(6, 5), row(6, 5, 9)))];

  it('is the one that touches the key, or names it', () => {
    expect(idOf([five, seen('t7', change(row(7), row(7, 1, 9)))], '5')).toBe('t5');
    expect(idOf([six], '5')).toBe('t6');
  });

  it('is none when no row of the id was changed', () => {
    expect(findTransaction(maps, [five], '77')).toEqual({ kind: 'found', id: '', rows: [] });
  });

  it('is not guessed', () => {
    expect(idOf([five, five], '5')).toBe('ambiguous');
    expect(idOf([six, five], '5')).toBe('ambiguous'); // A row that names a trip, and then the trip itself.
    expect(idOf([five, six])).toBe('ambiguous');
    expect(idOf(undefined, '5')).toBe('not-found');
    expect(idOf([five, { ...six, changes: undefined }], '5')).toBe('not-found');
  });

  it('is overtaken by a later change of one of its rows', () => {
    const found = { id: 't5', rows: controlRows(maps, five.changes ?? []) };
    expect(isOvertaken(maps, [five, six], found)).toBe(false);
    expect(isOvertaken(maps, [five, six, seen('t7', change(row(5, 1, 9), row(5)))], found)).toBe(true);
  });
});

describe('the rows of a transaction', () => {
  it('are told from before the first change to after the last', () => {
    const changes = [change(null, row(5)), change(row(5), row(5, 1, 3)), change(row(6), null), change(row(7), row(8))];
    expect(controlRows(maps, changes).filter(({ table }) => table === 'fare')).toEqual([
      { table: 'fare', key: { trip: 5 }, before: null, after: { cents: 3 } },
      { table: 'fare', key: { trip: 6 }, before: { cents: 0 }, after: null },
      { table: 'fare', key: { trip: 7 }, before: { cents: 0 }, after: null },
      { table: 'fare', key: { trip: 8 }, before: null, after: { cents: 0 } },
    ]);
  });
});

describe('recent changes', () => {
  const transaction = (sequence: bigint, more: Partial<SourceTransaction> = {}): SourceTransaction => ({
    gtid: { domain: 0, server: 1, sequence },
    committedAtMs: 0,
    changes: [change(null, row(1))],
    bytes: 10,
    ...more,
  });

  async function read(recent: RecentChanges, batches: SourceTransaction[][]): Promise<number> {
    const source: ChangeSource = {
      async *read() {
        yield* batches;
      },
      head: () => Promise.resolve(emptyPosition),
      close: () => Promise.resolve(),
    };
    const from = performance.now();
    for await (const batch of recent.watch(source).read({ position: emptyPosition }, new AbortController().signal))
      expect(batch).toBe(batches.shift());
    return from;
  }

  it('pass on what passes, and remember what changed rows', async () => {
    const recent = new RecentChanges();
    expect(recent.after(performance.now())).toBeUndefined();
    await read(recent, []);
    const from = performance.now();
    await read(recent, [[transaction(1n), transaction(2n, { changes: [] })], [transaction(3n)]]);
    expect(recent.after(from)).toBeUndefined(); // What was before the last start of the stream is not known.
    expect(recent.after(performance.now())).toEqual([]);
  });

  it('forget the oldest when they are too many, and then say that they do not know', async () => {
    const recent = new RecentChanges({ maxBytes: 25 });
    await read(recent, [[1n, 2n, 3n, 4n].map((n) => transaction(n))]);
    const known = recent.after(performance.now() - 0.001) ?? [];
    expect(known.length).toBeLessThanOrEqual(2);
  });

  it('keep nothing of what is too large to be held', async () => {
    const recent = new RecentChanges();
    const started = performance.now();
    let later = started;
    const source: ChangeSource = {
      async *read() {
        later = performance.now();
        yield [transaction(1n, { continues: true }), transaction(1n)];
      },
      head: () => Promise.resolve(emptyPosition),
      close: () => Promise.resolve(),
    };
    for await (const batch of recent.watch(source).read({ position: emptyPosition }, new AbortController().signal))
      void batch;
    expect(recent.after(later)?.map(({ changes }) => changes)).toEqual([undefined]);
  });
});
