import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, silentLog, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { createBinlogChangeSource } from './binlog-change-source.ts';
import { readCatalogue } from '../tables/catalogue.ts';
import type { ChangeEvent, Row, Value } from '../change-event.ts';
import { readHead } from './head-reader.ts';
import { literalWriter } from '../apply/literal.ts';
import { covers, emptyPosition } from '../position.ts';
import { readPages } from '../tables/table-pages.ts';

/** Definition, SQL of the values written, canonical values expected (NULL is added to each). */
const cases: readonly (readonly [string, readonly string[], readonly Value[]])[] = [
  ['TINYINT', ['-128', '127'], [-128, 127]],
  ['TINYINT UNSIGNED', ['0', '255'], [0, 255]],
  ['SMALLINT', ['-32768', '32767'], [-32_768, 32_767]],
  ['SMALLINT UNSIGNED', ['65535'], [65_535]],
  ['MEDIUMINT', ['-8388608', '8388607'], [-8_388_608, 8_388_607]],
  ['MEDIUMINT UNSIGNED', ['16777215'], [16_777_215]],
  ['INT', ['-2147483648', '2147483647'], [-2_147_483_648, 2_147_483_647]],
  ['INT UNSIGNED', ['4294967295'], [4_294_967_295]],
  ['INT(8) ZEROFILL', ['42'], [42]],
  [
    'BIGINT',
    ['-9223372036854775808', '9223372036854775807', '-1', '9007199254740993'],
    ['-9223372036854775808', '9223372036854775807', '-1', '9007199254740993'],
  ],
  ['BIGINT UNSIGNED', ['18446744073709551615', '0'], ['18446744073709551615', '0']],
  ['BIGINT(20) ZEROFILL', ['42', '0'], ['42', '0']],
  ['DECIMAL(10,2)', ['-12.5', '0', '12345678.99'], ['-12.50', '0.00', '12345678.99']],
  ['DECIMAL(65,30)', [`-${'9'.repeat(35)}.${'9'.repeat(30)}`], [`-${'9'.repeat(35)}.${'9'.repeat(30)}`]],
  ['DECIMAL(65,0)', ['9'.repeat(65), '-1'], ['9'.repeat(65), '-1']],
  ['DECIMAL(3,3)', ['0.001', '-0.999'], ['0.001', '-0.999']],
  ['DECIMAL(8,2) ZEROFILL', ['1.5', '0'], ['1.50', '0.00']],
  ['FLOAT', ['1.1', '16777217', '3.4028234e38', '-0.0'], [Math.fround(1.1), 16_777_216, Math.fround(3.4028234e38), 0]],
  [
    'DOUBLE',
    ['0.1', '1.7976931348623157e308', '5e-324', '-0.0', '9007199254740993'],
    [0.1, Number.MAX_VALUE, 5e-324, 0, 9_007_199_254_740_992],
  ],
  ['YEAR', ['0', '1901', '2155'], [0, 1901, 2155]],
  ['BIT(1)', ["b'1'", "b'0'"], [Buffer.from([1]), Buffer.from([0])]],
  ['BIT(9)', ["b'100000001'"], [Buffer.from([1, 1])]],
  ['BIT(64)', ['18446744073709551615'], [Buffer.alloc(8, 255)]],
  [
    'DATE',
    ["'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2015-00-12'"],
    ['1000-01-01', '9999-12-31', '0000-00-00', '2015-00-12'],
  ],
  [
    'DATETIME',
    ["'9999-12-31 23:59:59'", "'0000-00-00 00:00:00'", "'2026-03-29 02:30:00'"],
    ['9999-12-31 23:59:59', '0000-00-00 00:00:00', '2026-03-29 02:30:00'],
  ],
  ['DATETIME(1)', ["'2026-01-02 03:04:05.6'"], ['2026-01-02 03:04:05.6']],
  [
    'DATETIME(3)',
    ["'2026-01-02 03:04:05.006'", "'0000-00-00'"],
    ['2026-01-02 03:04:05.006', '0000-00-00 00:00:00.000'],
  ],
  [
    'DATETIME(6)',
    ["'9999-12-31 23:59:59.999999'", "'1000-01-01 00:00:00.000001'"],
    ['9999-12-31 23:59:59.999999', '1000-01-01 00:00:00.000001'],
  ],
  [
    'TIMESTAMP',
    ["'2026-01-02 03:04:05'", "'0000-00-00'", "'1970-01-01 00:00:01'"],
    ['2026-01-02 03:04:05', '0000-00-00 00:00:00', '1970-01-01 00:00:01'],
  ],
  ['TIMESTAMP(6)', ["'2038-01-19 03:14:07.999999'"], ['2038-01-19 03:14:07.999999']],
  [
    'TIME',
    ["'-838:59:59'", "'838:59:59'", "'-00:00:01'", "'24:00:00'"],
    ['-838:59:59', '838:59:59', '-00:00:01', '24:00:00'],
  ],
  ['TIME(2)', ["'-00:00:00.01'", "'10:11:12.13'"], ['-00:00:00.01', '10:11:12.13']],
  ['TIME(4)', ["'-01:00:00.0001'"], ['-01:00:00.0001']],
  [
    'TIME(6)',
    ["'-838:59:59.000000'", "'-00:00:00.000001'", "'838:59:59.999999'"],
    ['-838:59:59.000000', '-00:00:00.000001', '838:59:59.999999'],
  ],
  ['CHAR(5)', ["'ab '", "''", "'🚕é'"], ['ab', '', '🚕é']],
  ['CHAR(200)', ["'wide'"], ['wide']],
  ['VARCHAR(5)', ["'ab '", "''"], ['ab ', '']],
  ['VARCHAR(300)', ["REPEAT('é', 300)"], ['é'.repeat(300)]],
  ['VARCHAR(20) CHARACTER SET latin1', ["'€ é ÿ'", "UNHEX('819D')"], ['€ é ÿ', '\u0081\u009d']],
  ['VARCHAR(20) CHARACTER SET cp1251', ["'Привет'"], ['Привет']],
  ['VARCHAR(20) CHARACTER SET ucs2', ["'Привет'"], ['Привет']],
  ['VARCHAR(20) CHARACTER SET sjis', ["'日本'"], ['日本']],
  ['TINYTEXT', ["'t'"], ['t']],
  ['TEXT', ["'😀 \\\\ \\' \\0 \\n'"], ["😀 \\ ' \0 \n"]],
  ['LONGTEXT CHARACTER SET latin1', ["'é'"], ['é']],
  ['JSON', ['\'{"b": 1,  "a": [null, 1e400]}\''], ['{"b": 1,  "a": [null, 1e400]}']],
  ["ENUM('a','b,c','é')", ["'b,c'", "'é'", "'unknown'"], ['b,c', 'é', '']],
  ["SET('x','y','z')", ["'z,x'", "''"], ['x,z', '']],
  [
    'BINARY(4)',
    ["x'ff00'", "x'00000000'", "x'20202020'"],
    [Buffer.from('ff000000', 'hex'), Buffer.alloc(4), Buffer.alloc(4, 32)],
  ],
  ['VARBINARY(4)', ["x'ff00'", "x''"], [Buffer.from('ff00', 'hex'), Buffer.alloc(0)]],
  ['VARBINARY(300)', ["x'0102'"], [Buffer.from('0102', 'hex')]],
  ['BLOB', [`x'${allBytes().toString('hex')}'`], [allBytes()]],
  ['LONGBLOB', ["x'00'"], [Buffer.from([0])]],
];

function allBytes(): Buffer {
  return Buffer.from(Array.from({ length: 256 }, (_, i) => i));
}

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
  for await (const { changes, gtid } of source.read({ position: emptyPosition }, new AbortController().signal)) {
    for (const change of changes) rows.set(change.table, [...(rows.get(change.table) ?? []), imageOf(change)]);
    if (covers(new Map([[gtid.domain, gtid]]), head)) break;
  }
  return rows;
}

function imageOf({ before, after }: ChangeEvent): Row {
  return after ?? before ?? {};
}
