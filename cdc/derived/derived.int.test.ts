import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openConnection, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { writeStatements } from '../apply/statements.ts';
import { Coalescer } from '../map/coalesce.ts';
import type { DerivedTable } from '../mapping.ts';
import { readCatalogue, type TableInfo } from '../tables/catalogue.ts';
import { buildDerived } from './build.ts';
import { readDerivations, sessionSetup, type Derivations } from './derived-tables.ts';
import { findDerivedDifferences } from './differences.ts';
import { withDerived } from './recompute.ts';

/** A view of orders with their customer's name, and one of customers with the sum of their orders. */
const declared: Readonly<Record<string, DerivedTable>> = {
  order_view: {
    key: ['order_id'],
    select: `SELECT o.id AS order_id, c.name AS customer, o.total FROM landed_order o
             LEFT JOIN landed_customer c ON c.id = o.customer_id`,
    affected: {
      landed_order: ['id'],
      landed_customer: 'SELECT o.id FROM landed_order o JOIN changed ON o.customer_id = changed.id',
    },
  },
  customer_total: {
    key: ['customer_id', 'region'],
    select: `SELECT c.id AS customer_id, c.region, COUNT(o.id) AS orders, COALESCE(SUM(o.total), 0) AS total
             FROM landed_customer c LEFT JOIN landed_order o ON o.customer_id = c.id GROUP BY c.id, c.region`,
    affected: {
      landed_customer: ['id', 'region'],
      landed_order: 'SELECT c.id, c.region FROM landed_customer c JOIN changed ON c.id = changed.customer_id',
    },
  },
};

const ddl = `
  CREATE DATABASE banyan; CREATE DATABASE store; USE store;
  CREATE TABLE landed_customer (id INT PRIMARY KEY, region VARCHAR(10) NOT NULL, name VARCHAR(20) NULL);
  CREATE TABLE landed_order (id INT PRIMARY KEY, customer_id INT NULL, total DECIMAL(10,2) NOT NULL, KEY (customer_id));
  CREATE TABLE order_view (order_id INT PRIMARY KEY, customer VARCHAR(20) NULL, total DECIMAL(10,2) NOT NULL);
  CREATE TABLE customer_total (customer_id INT, region VARCHAR(10), orders INT NOT NULL, total DECIMAL(12,2) NOT NULL,
    PRIMARY KEY (customer_id, region))`;

type Step =
  | { table: 'landed_customer'; id: number; columns: { region: string; name: string | null } | null }
  | { table: 'landed_order'; id: number; columns: { customer_id: number | null; total: string } | null | 'emptied' };

const id = fc.integer({ min: 1, max: 5 });
const customers = fc.record({
  region: fc.constantFrom('north', 'south'),
  name: fc.constantFrom('Ann', 'ann', 'Bo', null),
});
const orders = fc.record({ customer_id: fc.option(id), total: fc.constantFrom('1.00', '2.50', '0.00') });
const orderColumns = fc.oneof<fc.Arbitrary<(Step & { table: 'landed_order' })['columns']>[]>(
  fc.option(orders, { freq: 3 }),
  fc.option(orders, { freq: 3 }),
  fc.option(orders, { freq: 3 }),
  fc.constant('emptied'),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ table: fc.constant('landed_customer' as const), id, columns: fc.option(customers, { freq: 3 }) }),
  fc.record({ table: fc.constant('landed_order' as const), id, columns: orderColumns }),
);

describe('derived tables', () => {
  let server: MariaDb;
  let connection: Connection;
  let tables: Map<string, TableInfo>;
  let derivations: Derivations;

  beforeAll(async () => {
    server = await startMariaDb();
    connection = await openConnection(server.url(), { multipleStatements: true });
    await connection.query(ddl);
    tables = await readCatalogue(connection, 'store', ['landed_customer', 'landed_order', ...Object.keys(declared)]);
    derivations = readDerivations(declared, tables);
    await connection.query(`SET SESSION sql_mode='STRICT_ALL_TABLES', tx_isolation='READ-COMMITTED'`);
    for (const sql of sessionSetup(derivations)) await connection.query(sql);
  });
  beforeEach(async () => {
    for (const name of tables.keys()) await connection.query(`DELETE FROM store.${name}`);
  });
  afterAll(async () => {
    connection.destroy();
    await server.stop();
  });

  async function applyBatch(steps: readonly Step[]): Promise<void> {
    const changes = new Coalescer();
    for (const { table, id: key, columns } of steps) {
      if (columns === 'emptied') {
        changes.empty(table);
        continue;
      }
      const row = { table, key: { id: key }, columns: { ...columns } };
      if (columns) changes.put(row);
      else changes.remove(row);
    }
    const statements = withDerived(derivations, changes, tables, writeStatements(changes, tables));
    await connection.query(['START TRANSACTION', ...statements.map(({ sql }) => sql), 'COMMIT'].join(';'));
  }

  async function differences(): Promise<string[]> {
    const found = await findDerivedDifferences(connection, derivations);
    return found.differences.map(({ table, kind, columns }) => [table, kind, ...columns].join(' '));
  }

  async function rowsOf(sql: string): Promise<string> {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return JSON.stringify(
      rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value)))),
    );
  }

  /** Computed by the server itself from nothing but the landing tables. */
  async function oracle(): Promise<[string, string][]> {
    const pairs = Object.entries(declared).map(async ([name, { select, key }]): Promise<[string, string]> => {
      const order = `ORDER BY ${key.join(', ')}`;
      const list = name === 'order_view' ? 'order_id, customer, total' : 'customer_id, region, orders, total';
      return [
        await rowsOf(`SELECT ${list} FROM ${name} ${order}`),
        await rowsOf(`SELECT ${list} FROM (${select}) s ${order}`),
      ];
    });
    return Promise.all(pairs);
  }

  it('equal the join of the landing rows after every batch of any history', async () => {
    const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (history) => {
        for (const batch of history) {
          await applyBatch(batch);
          for (const [actual, expected] of await oracle()) expect(actual).toBe(expected);
        }
      }),
      { numRuns: 60, seed: 20261121 },
    );
    expect(await differences()).toEqual([]);
  });

  it('follow a child that moves: its old parent and its new one are computed anew', async () => {
    await applyBatch([
      { table: 'landed_customer', id: 1, columns: { region: 'north', name: 'Ann' } },
      { table: 'landed_customer', id: 2, columns: { region: 'south', name: 'Bo' } },
      { table: 'landed_order', id: 9, columns: { customer_id: 1, total: '2.50' } },
    ]);
    await applyBatch([{ table: 'landed_order', id: 9, columns: { customer_id: 2, total: '2.50' } }]);
    expect(await rowsOf('SELECT customer_id AS c, orders AS n FROM customer_total ORDER BY 1')).toBe(
      '[["1","0"],["2","1"]]',
    );
  });

  it('follow a landing table that is emptied, together with whatever else the batch changes', async () => {
    await applyBatch([
      { table: 'landed_customer', id: 1, columns: { region: 'north', name: 'Ann' } },
      { table: 'landed_order', id: 8, columns: { customer_id: 1, total: '2.50' } },
      { table: 'landed_order', id: 9, columns: { customer_id: 1, total: '2.50' } },
    ]);
    await applyBatch([
      { table: 'landed_order', id: 0, columns: 'emptied' },
      { table: 'landed_customer', id: 1, columns: { region: 'south', name: 'Ann' } },
      { table: 'landed_order', id: 9, columns: { customer_id: 1, total: '1.00' } },
    ]);
    expect(await differences()).toEqual([]);
    expect(await rowsOf('SELECT order_id, total FROM order_view')).toBe('[["9","1.00"]]');
    expect(await rowsOf('SELECT region, total FROM customer_total')).toBe('[["south","1.00"]]');
  });

  it('are built in pages from landing rows that are there already, and go on where a kill left them', async () => {
    await connection.query(
      `INSERT INTO landed_customer SELECT seq, IF(seq % 2, 'north', 'south'), 'x' FROM seq_1_to_25;
       INSERT INTO landed_order SELECT seq, seq % 30, 1.00 FROM seq_1_to_95`,
    );
    let left = 3;
    const write = async (sql: string): Promise<number> => {
      if (left-- === 0) throw new Error('killed');
      const [result] = await connection.query(sql);
      return (result as { affectedRows: number }).affectedRows;
    };
    const query = async (sql: string): Promise<RowDataPacket[]> => (await connection.query<RowDataPacket[]>(sql))[0];
    const options = { derivations, write, query, pageRows: 20, signal: new AbortController().signal };
    await expect(buildDerived(options)).rejects.toThrow('killed');
    left = Number.POSITIVE_INFINITY;
    await buildDerived(options);
    expect(await differences()).toEqual([]);
    expect(await rowsOf('SELECT COUNT(*) AS n FROM order_view')).toBe('[["95"]]');
  });

  it('that differ from their SELECT are named with the columns, also when only the case of a letter differs', async () => {
    await applyBatch([
      { table: 'landed_customer', id: 1, columns: { region: 'north', name: 'Ann' } },
      { table: 'landed_order', id: 8, columns: { customer_id: 1, total: '1.00' } },
      { table: 'landed_order', id: 9, columns: { customer_id: 1, total: '2.50' } },
    ]);
    await connection.query(
      `UPDATE order_view SET customer = 'ANN' WHERE order_id = 8; DELETE FROM order_view WHERE order_id = 9;
       INSERT INTO order_view VALUES (7, NULL, 1); UPDATE customer_total SET orders = 5`,
    );
    expect(await differences()).toEqual([
      'order_view different customer',
      'order_view missing',
      'order_view extra',
      'customer_total different orders',
    ]);
  });

  it('leave nothing of their own in the log, committed or rolled back', async () => {
    const changes = new Coalescer();
    changes.put({ table: 'landed_order', key: { id: 1 }, columns: { customer_id: null, total: '1.00' } });
    const statements = withDerived(derivations, changes, tables, writeStatements(changes, tables));
    const before = await rowsOf('SELECT @@gtid_binlog_pos AS at');
    await connection.query(['START TRANSACTION', ...statements.map(({ sql }) => sql), 'ROLLBACK'].join(';'));
    expect(await rowsOf('SELECT @@gtid_binlog_pos AS at')).toBe(before);
  });
});
