import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, silentLog, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { createBinlogChangeSource } from './binlog-change-source.ts';
import { readCatalogue } from '../tables/catalogue.ts';
import type { ChangeEvent, Row } from '../change-event.ts';
import { readHead } from './head-reader.ts';
import { literalWriter } from '../apply/literal.ts';
import { covers, emptyPosition } from '../position.ts';
import { readPages } from '../tables/table-pages.ts';
import { columnCases as cases } from '../testing/column-cases.ts';

describe('every column type', () => {
  let server: MariaDb;
  let connection: Connection;
  let fromLog: Map<string, Row[]>;

  beforeAll(async () => {
    server = await startMariaDb();
    connection = await openConnection(server.url());
    await connection.query("SET SESSION sql_mode='', time_zone='+00:00'");
    await connection.query('CREATE DATABASE types');
    await connection.query('USE types');
    for (const [i, [definition, values]] of cases.entries()) {
      await connection.query(`CREATE TABLE t${i} (id INT NOT NULL PRIMARY KEY, v ${definition} NULL) CHARSET utf8mb4`);
      const rows = [...values, 'NULL'].map((value, id) => `(${id}, ${value})`);
      await connection.query(`INSERT INTO t${i} VALUES ${rows.join(',')}`);
    }
    fromLog = await readLog(server.url());
  });

  afterAll(async () => {
    connection.destroy();
    await server.stop();
  });

  it.each(cases.map(([definition], i) => [definition, i] as const))('%s is exact in the log', (_, i) => {
    expect(fromLog.get(`t${i}`)?.map((row) => row['v'])).toEqual([...(cases[i]?.[2] ?? []), null]);
  });

  it.each(cases.map(([definition], i) => [definition, i] as const))('%s is the same by SELECT', async (_, i) => {
    expect(await selected(`t${i}`)).toEqual(fromLog.get(`t${i}`));
  });

  it.each(cases.map(([definition], i) => [definition, i] as const))('%s comes back when written', async (_, i) => {
    const kind = (await catalogued(`t${i}`)).byName.get('v')?.kind;
    const rows = fromLog.get(`t${i}`) ?? [];
    await connection.query(`DELETE FROM t${i}`);
    const values = rows.map((row) => `(${row['id'] as number}, ${literalWriter(kind)(row['v'] ?? null)})`);
    await connection.query(`INSERT INTO t${i} VALUES ${values.join(',')}`);
    expect(await selected(`t${i}`)).toEqual(rows);
  });

  async function catalogued(table: string) {
    const info = (await readCatalogue(connection, 'types', [table])).get(table);
    if (!info) throw new Error(`${table} is missing`);
    return info;
  }

  async function selected(table: string): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const page of readPages(connection, await catalogued(table), 2)) rows.push(...page);
    return rows;
  }
});

async function readLog(url: string): Promise<Map<string, Row[]>> {
  const tables = cases.map((_, i) => `t${i}`);
  const source = createBinlogChangeSource({ databaseUrl: url, schema: 'types', tables, log: silentLog });
  const connection = await openConnection(url);
  const head = await readHead(connection);
  connection.destroy();
  const rows = new Map<string, Row[]>();
  for await (const transactions of source.read({ position: emptyPosition }, new AbortController().signal)) {
    for (const change of transactions.flatMap(({ changes }) => changes))
      rows.set(change.table, [...(rows.get(change.table) ?? []), imageOf(change)]);
    if (transactions.some(({ gtid }) => covers(new Map([[gtid.domain, gtid]]), head))) break;
  }
  return rows;
}

function imageOf({ before, after }: ChangeEvent): Row {
  return after ?? before ?? {};
}
