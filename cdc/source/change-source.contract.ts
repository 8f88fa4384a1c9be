import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import type { MariaDb } from '../../stack/index.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import type { ChangeEvent, Row, SourceTransaction, Value } from '../change-event.ts';
import type { ChangeSource, StartPoint } from '../change-source.ts';
import { advance, covers, formatPosition, type Position } from '../position.ts';
import { withConnection } from '../tables/connect.ts';
import { columnCases } from '../testing/column-cases.ts';
import { readHead } from './head-reader.ts';

export interface SourceOptions {
  readonly schema: string;
  readonly tables: readonly string[];
  readonly pieceBytes?: number;
}

export interface SourceHarness {
  readonly server: MariaDb;
  createSource(options: SourceOptions): ChangeSource;
  /** Resolves when everything that is written to the unit's tables from now on will be seen. */
  follow(options: SourceOptions): Promise<void>;
  /** What comes instead of values that cannot come through this source, by the type of their column. */
  readonly limits?: Readonly<Record<string, { readonly why: string; readonly values: readonly Value[] }>>;
  /** Why this source gives a large transaction as a whole. */
  readonly noPieces?: string;
  close(): Promise<void>;
}

const typeTables = columnCases.map((_, i) => `t${i}`);
const unit: SourceOptions = {
  schema: 'house',
  tables: ['orders', 'lines', ...typeTables],
};
const ddl = `
  CREATE DATABASE house; CREATE DATABASE elsewhere; USE house;
  CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, code VARCHAR(40), amount DECIMAL(10,2)) ENGINE=InnoDB;
  CREATE TABLE \`lines\` (order_id INT, position INT, qty INT, PRIMARY KEY (order_id, position)) ENGINE=InnoDB;
  CREATE TABLE other (id INT PRIMARY KEY, v TEXT) ENGINE=InnoDB;
  CREATE TABLE elsewhere.t (id INT PRIMARY KEY) ENGINE=InnoDB;
  ${columnCases.map(([type], i) => `CREATE TABLE t${i} (id INT NOT NULL PRIMARY KEY, v ${type} NULL) CHARSET utf8mb4;`).join('\n')}`;

/** What every source of changes promises, on a server of its own. `title` names source and server. */
export function describeChangeSource(title: string, start: () => Promise<SourceHarness>): void {
  describe(title, () => {
    let harness: SourceHarness;
    let source: ChangeSource;

    beforeAll(async () => {
      harness = await start();
      await harness.server.sql(ddl);
      await withConnection(harness.server.url(), installBookkeeping);
      source = harness.createSource(unit);
      await harness.follow(unit);
    }, 240_000);
    afterAll(async () => {
      await source?.close();
      await harness?.close();
    });

    const sql = (text: string): Promise<unknown> => harness.server.sql(`SET sql_mode = ''; ${text}`, unit.schema);
    const head = (): Promise<Position> => withConnection(harness.server.url(), readHead);
    const read = (from: StartPoint, to: Position, reader = source): Promise<SourceTransaction[]> =>
      readTo(reader, from, to);

    /** What a piece of history looks like to the source. */
    async function seen(text: string): Promise<readonly SourceTransaction[]> {
      const position = await head();
      await sql(text);
      return read({ position }, await head());
    }

    it('tells inserts, updates and deletes of one transaction in order, with whole images', async () => {
      const found = await seen(`
        BEGIN;
        INSERT INTO orders VALUES (18446744073709551615, 'a', 1.5), (2, NULL, NULL);
        INSERT INTO \`lines\` VALUES (2, 1, 7);
        UPDATE orders SET code = 'b' WHERE id = 2;
        DELETE FROM orders WHERE id > 2;
        COMMIT`);
      const large = { id: '18446744073709551615', code: 'a', amount: '1.50' };
      const row = { id: '2', code: null, amount: null };
      expect(changesOf(found)).toEqual([
        { op: 'c', table: 'orders', before: null, after: large },
        { op: 'c', table: 'orders', before: null, after: row },
        { op: 'c', table: 'lines', before: null, after: { order_id: 2, position: 1, qty: 7 } },
        { op: 'u', table: 'orders', before: row, after: { ...row, code: 'b' } },
        { op: 'd', table: 'orders', before: large, after: null },
      ]);
      expect(found).toHaveLength(1);
      expect(Math.abs((found[0]?.committedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('tells a change of a key so that the old row goes and the new one comes', async () => {
      const found = await seen(`INSERT INTO orders VALUES (30, 'k', 0); UPDATE orders SET id = 31 WHERE id = 30`);
      expect(changesOf(found.slice(1)).flatMap(splitKeyChange)).toEqual([
        { op: 'd', table: 'orders', before: { id: '30', code: 'k', amount: '0.00' }, after: null },
        { op: 'c', table: 'orders', before: null, after: { id: '31', code: 'k', amount: '0.00' } },
      ]);
    });

    it('tells nothing of what was rolled back', async () => {
      const found = await seen(`
        BEGIN; INSERT INTO orders VALUES (40, 'x', 0); ROLLBACK;
        BEGIN; INSERT INTO orders VALUES (41, 'x', 0); SAVEPOINT s; INSERT INTO orders VALUES (42, 'x', 0);
        ROLLBACK TO SAVEPOINT s; COMMIT`);
      expect(changesOf(found).map(({ after }) => after?.['id'])).toEqual(['41']);
    });

    it('passes transactions that touch none of its tables, empty, so that the position moves', async () => {
      const found = await seen(`
        INSERT INTO other VALUES (1, 'not ours'); INSERT INTO elsewhere.t VALUES (1);
        CREATE TABLE elsewhere.made AS SELECT 1 AS a; DROP TABLE elsewhere.made`);
      expect(found.map(({ changes, schemaChange }) => [changes.length, schemaChange])).toEqual(
        Array.from({ length: 4 }, () => [0, undefined]),
      );
    });

    it('keeps the domain that a writer has', async () => {
      const found = await seen('SET SESSION gtid_domain_id = 7702; INSERT INTO orders VALUES (50, NULL, NULL)');
      expect(found.map(({ gtid }) => gtid.domain)).toEqual([7702]);
    });

    it('goes on from every position, with and without its cursor', async () => {
      const position = await head();
      await sql(`
        INSERT INTO orders VALUES (60, 'a', 1); INSERT INTO other VALUES (60, 'x');
        BEGIN; INSERT INTO orders VALUES (61, 'a', 1); UPDATE orders SET code = 'b' WHERE id > 59; COMMIT;
        SET SESSION gtid_domain_id = 7701; DELETE FROM orders WHERE id = 60; SET SESSION gtid_domain_id = 0;
        GRANT SELECT ON elsewhere.* TO reader@localhost IDENTIFIED BY 'r';
        UPDATE orders SET amount = 5 WHERE id = 61`);
      const end = await head();
      const all = await read({ position }, end);
      let at = position;
      for (const [i, { gtid, cursor }] of all.entries()) {
        at = advance(at, gtid);
        if (i === all.length - 1) break;
        const rest = all.slice(i + 1).map(comparable);
        expect((await read({ position: at }, end)).map(comparable)).toEqual(rest);
        if (cursor === undefined) continue;
        expect((await read({ position: at, cursor }, end)).map(comparable)).toEqual(rest);
      }
      expect(all).toHaveLength(6);
    });

    it('tells that a table was emptied', async () => {
      await sql('INSERT INTO `lines` VALUES (70, 1, 1)');
      const found = await seen('TRUNCATE `lines`');
      expect(found).toMatchObject([{ changes: [{ op: 't', table: 'lines', before: null, after: null }] }]);
      expect(found[0]).not.toHaveProperty('schemaChange');
    });

    it('hands a large transaction over in pieces, in order and once', async () => {
      const position = await head();
      await sql('INSERT INTO `lines` SELECT 80, seq, seq * 2 FROM seq_1_to_20000');
      const pieces = harness.createSource({ ...unit, pieceBytes: 40_000 });
      const found = await read({ position }, await head(), pieces);
      await pieces.close();
      if (harness.noPieces === undefined) expect(found.length).toBeGreaterThan(2);
      else expect(found).toHaveLength(1);
      expect(found.map(({ continues }) => continues)).toEqual([...found.slice(1).map(() => true), undefined]);
      expect(new Set(found.map(({ gtid }) => gtid.sequence)).size).toBe(1);
      expect(changesOf(found).map(({ after }) => after?.['position'])).toEqual(
        Array.from({ length: 20_000 }, (_, i) => i + 1),
      );
    }, 60_000);

    it('gives up at once when told to', async () => {
      const controller = new AbortController();
      const position = await head();
      let count = 0;
      const reading = (async () => {
        for await (const { length } of source.read({ position }, controller.signal)) count += length;
      })();
      await sql('INSERT INTO other VALUES (90, NULL)');
      expect(await waitUntil(() => count > 0, { budgetMs: 20_000 })).toBe(true);
      const asked = Date.now();
      controller.abort();
      await reading;
      expect(Date.now() - asked).toBeLessThan(2000);
    });

    it('lets nobody wait for what a quiet source has already', async () => {
      const found = await seen("GRANT SELECT ON elsewhere.* TO reader@localhost IDENTIFIED BY 'r'");
      expect(found.length).toBeGreaterThanOrEqual(1);
    });

    it('says that the position is of another history', async () => {
      const position = new Map([[0, { server: 1, sequence: 999_999n }]]);
      const controller = new AbortController();
      const first = source.read({ position }, controller.signal)[Symbol.asyncIterator]().next();
      await expect(first).rejects.toMatchObject({ code: 'CDC_POSITION_LOST' });
      controller.abort();
    });

    describe('every column type', () => {
      let found: Map<string, (Row | null)[]>;

      beforeAll(async () => {
        const inserts = columnCases.map(([, values], i) => {
          const rows = [...values, 'NULL'].map((value, id) => `(${id}, ${value})`);
          return `INSERT INTO t${i} VALUES ${rows.join(',')};`;
        });
        const transactions = await seen(`SET SESSION time_zone = '+00:00'; ${inserts.join('\n')}`);
        found = Map.groupBy(changesOf(transactions), ({ table }) => table) as never;
        for (const [table, changes] of found)
          found.set(
            table,
            (changes as unknown as ChangeEvent[]).map(({ after }) => after),
          );
      }, 60_000);

      it.each(columnCases.map(([type, , values], i) => [type, `t${i}`, values] as const))(
        '%s is exact',
        (type, table, values) => {
          const expected = harness.limits?.[type]?.values ?? values;
          expect(found.get(table)?.map((row) => (row ? row['v'] : 'no row'))).toEqual([...expected, null]);
        },
      );
    });

    // Last: what follows a change of a definition is another unit's life.
    it('tells a change of a definition, and not that of another table', async () => {
      const found = await seen('ALTER TABLE other ADD x INT; ALTER TABLE orders ADD note TEXT');
      expect(found.map(({ changes, schemaChange }) => [changes.length, schemaChange])).toEqual([
        [0, undefined],
        [0, 'ALTER TABLE orders ADD note TEXT'],
      ]);
    });
  });
}

const changesOf = (transactions: readonly SourceTransaction[]): ChangeEvent[] =>
  transactions.flatMap(({ changes }) => [...changes]);

const comparable = ({ gtid, changes, schemaChange, committedAtMs }: SourceTransaction) => ({
  at: formatPosition(new Map([[gtid.domain, gtid]])),
  committedAtMs,
  changes,
  schemaChange,
});

function splitKeyChange(change: ChangeEvent): ChangeEvent[] {
  const { op, table, before, after } = change;
  if (op !== 'u' || before['id'] === after['id']) return [change];
  return [
    { op: 'd', table, before, after: null },
    { op: 'c', table, before: null, after },
  ];
}

/** Everything between two positions. */
async function readTo(source: ChangeSource, from: StartPoint, to: Position): Promise<SourceTransaction[]> {
  const controller = new AbortController();
  const found: SourceTransaction[] = [];
  const timer = setTimeout(() => controller.abort(), 25_000);
  let { position } = from;
  try {
    for await (const transactions of source.read(from, controller.signal))
      for (const transaction of transactions) {
        found.push(transaction);
        if (!transaction.continues) position = advance(position, transaction.gtid);
        if (covers(position, to)) return found;
      }
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
  throw new Error(`${formatPosition(to)} did not come; the last was ${formatPosition(position)}`);
}
