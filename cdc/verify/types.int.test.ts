import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import type { TableMaps } from '../mapping.ts';
import { emptyPosition } from '../position.ts';
import type { Verification } from './verification.ts';
import { verify } from './verify.ts';

/** Definition, the value on both sides, and what it is damaged to, one after another, at the target. */
const damages: readonly (readonly [definition: string, value: string, damaged: readonly string[]])[] = [
  ['TINYINT', '-128', ['-127', '0', 'NULL']],
  ['TINYINT UNSIGNED', '255', ['254', '127']],
  ['SMALLINT', '-32768', ['-32767', '0']],
  ['SMALLINT UNSIGNED', '65535', ['65534', '32767']],
  ['MEDIUMINT', '-8388608', ['-8388607', '0']],
  ['MEDIUMINT UNSIGNED', '16777215', ['16777214']],
  ['INT', '-2147483648', ['-2147483647', 'NULL']],
  ['INT UNSIGNED', '4294967295', ['4294967294', '2147483647']],
  ['INT(8) ZEROFILL', '42', ['43', '420']],
  ['BIGINT', '9007199254740993', ['9007199254740992', '9007199254740994', '-9007199254740993', 'NULL']],
  ['BIGINT UNSIGNED', '18446744073709551615', ['18446744073709551614', '9223372036854775807']],
  ['BIGINT(20) ZEROFILL', '42', ['420']],
  ['DECIMAL(10,2)', '-12.50', ['-12.51', '12.50', '-1.25', '-125.00', 'NULL']],
  ['DECIMAL(65,30)', `0.${'9'.repeat(30)}`, [`0.${'9'.repeat(29)}8`]],
  ['DECIMAL(65,0)', '9'.repeat(65), [`${'9'.repeat(64)}8`]],
  ['DECIMAL(3,3)', '0.001', ['0.002', '0.010', '-0.001']],
  ['DECIMAL(8,2) ZEROFILL', '1.5', ['15', '1.05']],
  ['FLOAT', '1.1', ['1.1000001', '-1.1', '1.0999999']],
  ['DOUBLE', '0.1', ['0.10000000000000002', '-0.1', '0.09999999999999999']],
  ['YEAR', '2155', ['2154', '0']],
  ['BIT(1)', "b'1'", ["b'0'", 'NULL']],
  ['BIT(9)', "b'100000001'", ["b'100000000'", "b'000000001'"]],
  ['BIT(64)', '18446744073709551615', ['18446744073709551614', '9223372036854775807']],
  ['DATE', "'2026-03-29'", ["'2026-03-30'", "'2026-03-00'", "'0000-00-00'", 'NULL']],
  ['DATETIME', "'2026-03-29 02:30:00'", ["'2026-03-29 02:30:01'", "'2026-03-29 03:30:00'", "'0000-00-00'"]],
  ['DATETIME(1)', "'2026-01-02 03:04:05.6'", ["'2026-01-02 03:04:05.7'", "'2026-01-02 03:04:05'"]],
  ['DATETIME(3)', "'2026-01-02 03:04:05.006'", ["'2026-01-02 03:04:05.007'", "'2026-01-02 03:04:05'"]],
  ['DATETIME(6)', "'9999-12-31 23:59:59.999999'", ["'9999-12-31 23:59:59.999998'", "'9999-12-31 23:59:59'"]],
  ['TIMESTAMP', "'2026-01-02 03:04:05'", ["'2026-01-02 02:04:05'", "'0000-00-00'"]],
  ['TIMESTAMP(6)', "'2038-01-19 03:14:07.999999'", ["'2038-01-19 03:14:07.999998'"]],
  ['TIME', "'-00:00:01'", ["'00:00:01'", "'-00:00:02'", "'00:00:00'"]],
  ['TIME(2)', "'-00:00:00.01'", ["'00:00:00.01'", "'-00:00:00.02'"]],
  ['TIME(6)', "'838:59:59.000001'", ["'838:59:59'", "'-838:59:59'"]],
  ['CHAR(5)', "'ab'", ["'aB'", "'abc'", "' ab'", "'áb'", "''", 'NULL']],
  ['CHAR(200)', "'wide'", ["'wíde'"]],
  ['VARCHAR(5)', "'ab'", ["'ab '", "'aB'", "' ab'", "'a'", "''", 'NULL']],
  ['VARCHAR(300)', "REPEAT('é', 300)", ["CONCAT(REPEAT('é', 299), 'e')", "REPEAT('é', 299)"]],
  ['VARCHAR(20) CHARACTER SET latin1', "'€ é ÿ'", ["'€ e ÿ'", "'€ É ÿ'", "'€ é ÿ '"]],
  ['VARCHAR(20) CHARACTER SET cp1251', "'Привет'", ["'привет'", "'Приветъ'"]],
  ['VARCHAR(20) CHARACTER SET ucs2', "'Привет'", ["'Привёт'"]],
  ['VARCHAR(20) CHARACTER SET sjis', "'日本'", ["'日木'"]],
  ['TINYTEXT', "'t'", ["'T'", "'t '", "''", 'NULL']],
  ['TEXT', "'😀 ok'", ["'😁 ok'", "'?ok'", "'😀  ok'", "CONCAT('😀 ok', CHAR(0))"]],
  ['TEXT', "'NULL'", ['NULL']],
  ['TEXT', "'e\u0301'", ["'\u00e9'"]],
  ['LONGTEXT CHARACTER SET latin1', "'é'", ["'e'"]],
  [
    'JSON',
    '\'{"b": 1, "a": [null, 12345678901234567]}\'',
    [
      '\'{"b": 2, "a": [null, 12345678901234567]}\'',
      '\'{"b": 1, "a": [null, 12345678901234568]}\'',
      '\'{"b": 1, "a": [null]}\'',
      '\'{"b": "1", "a": [null, 12345678901234567]}\'',
      'NULL',
    ],
  ],
  ["ENUM('a','b,c','é')", "'é'", ["'a'", "''", 'NULL']],
  ["SET('x','y','z')", "'x,z'", ["'x'", "'x,y,z'", "''", 'NULL']],
  ['BINARY(4)', "x'ff00'", ["x'fe00'", "x'ff01'", "x'ff000001'", "x'ff002020'", 'NULL']],
  ['VARBINARY(4)', "x'ff00'", ["x'ff'", "x'ff0000'", "x'ff01'", "x''", 'NULL']],
  ['BLOB', "x'00010203'", ["x'00010202'", "x'000102'", "x''", 'NULL']],
  ['LONGBLOB', "x'00'", ["x''", "x'0000'"]],
];

/** Source definition and value, target definition and value, which are the same as far as the target's type can tell. */
const alike: readonly (readonly [string, string, string, string])[] = [
  ['DOUBLE', '-0.0', 'DOUBLE', '0.0'],
  ['FLOAT', '-0.0', 'FLOAT', '0.0'],
  ['DOUBLE', '0.1', 'FLOAT', '0.1'],
  ['DOUBLE', '16777217', 'FLOAT', '16777217'],
  ['FLOAT', '1.1', 'DOUBLE', "CAST(CAST('1.1' AS FLOAT) AS DOUBLE)"],
  ['DECIMAL(10,2)', '1.50', 'DECIMAL(20,6)', '1.5'],
  ['DECIMAL(10,2)', '-0.00', 'DECIMAL(10,2)', '0'],
  ['INT', '7', 'BIGINT', '7'],
  ['INT', '7', 'VARCHAR(9)', "'7'"],
  ['VARCHAR(9)', "'ab '", 'CHAR(9)', "'ab'"],
  ['CHAR(5)', "'ab'", 'CHAR(200)', "'ab'"],
  ['VARCHAR(9) CHARACTER SET latin1', "'é'", 'VARCHAR(9) CHARACTER SET utf8mb4', "'é'"],
  ['DATETIME(3)', "'2026-01-02 03:04:05.120'", 'DATETIME(6)', "'2026-01-02 03:04:05.12'"],
  ['DATETIME', "'2026-01-02 03:04:05'", 'DATETIME(6)', "'2026-01-02 03:04:05'"],
  ['TIME', "'-00:00:01'", 'TIME(6)', "'-00:00:01'"],
  ['VARBINARY(4)', "x'ff'", 'BINARY(4)', "x'ff'"],
  ['BIT(1)', "b'1'", 'BIT(9)', "b'1'"],
  ['TINYINT', '10', 'BIT(8)', '10'],
  ['VARCHAR(9)', "'é'", 'VARBINARY(9)', "x'c3a9'"],
  ['JSON', '\'{"b": 1.0,  "a": [1e2, "\\\\u00e9"]}\'', 'JSON', '\'{"a":[100,"é"],"b":1}\''],
  ['VARCHAR(9)', "'z,x'", "SET('x','y','z')", "'z,x'"],
];

let server: MariaDb;
let connection: Connection;

beforeAll(async () => {
  server = await startMariaDb();
  connection = await openConnection(server.url());
  await connection.query("SET SESSION sql_mode='', time_zone='+00:00'");
  for (const schema of ['before_it', 'after_it', 'like_this', 'like_that'])
    await connection.query(`CREATE DATABASE ${schema}`);
});

afterAll(async () => {
  connection.destroy();
  await server.stop();
});

async function table(name: string, definition: string, values: readonly string[]): Promise<void> {
  await connection.query(`CREATE TABLE ${name} (id INT NOT NULL PRIMARY KEY, v ${definition} NULL) CHARSET utf8mb4`);
  await connection.query(`INSERT INTO ${name} VALUES ${values.map((value, id) => `(${id}, ${value})`).join(',')}`);
}

/** Nobody writes here: standing still takes nothing. */
const still = {
  standStillAt: async <T>(position: unknown, work: () => Promise<T>): Promise<T> => {
    if (typeof position === 'function') await (position as () => Promise<unknown>)();
    return work();
  },
  hotKeys: () => ({ source: new Map(), target: new Map(), isOverflowed: false }),
  takeHotKeys: () => ({ restore: () => undefined }),
  watermark: () => emptyPosition,
};

async function compare(sourceSchema: string, targetSchema: string, count: number): Promise<Verification> {
  const tables = Array.from({ length: count }, (_, i) => `t${i}`);
  const maps: TableMaps = Object.fromEntries(
    tables.map((name) => [name, ({ id = null, v = null }) => [{ table: name, key: { id }, columns: { v } }]]),
  );
  const url = server.url();
  const sides = { stream: still, sourceUrl: url, targetUrl: url, sourceSchema, targetSchema, targetTables: tables };
  return verify({ ...sides, maps, inverse: maps, keepMismatches: 1_000 });
}

describe('invariant 5: one damaged value is found in a column of type', () => {
  let found: Map<string, Set<string>>;

  beforeAll(async () => {
    for (const [i, [definition, value, damaged]] of damages.entries()) {
      await table(`before_it.t${i}`, definition, [...damaged.map(() => value), value, 'NULL']);
      await table(`after_it.t${i}`, definition, [...damaged, value, 'NULL']);
    }
    found = new Map();
    const tables = damages.map((_, i) => `t${i}`);
    for (const name of tables) found.set(name, new Set());
    await verifyDamages(found);
  });

  it.each(damages.map(([definition, value], i) => [`${definition} ${value.slice(0, 30)}`, i] as const))(
    '%s',
    (_, i) => {
      const expected = (damages[i]?.[2] ?? []).map((_damaged, id) => String(id));
      expect([...(found.get(`t${i}`) ?? [])]).toEqual(expected);
    },
  );
});

async function verifyDamages(found: Map<string, Set<string>>): Promise<void> {
  const tables = [...found.keys()];
  const maps: TableMaps = Object.fromEntries(
    tables.map((name) => [name, ({ id = null, v = null }) => [{ table: name, key: { id }, columns: { v } }]]),
  );
  const url = server.url();
  await verify({
    stream: still,
    sourceUrl: url,
    targetUrl: url,
    sourceSchema: 'before_it',
    targetSchema: 'after_it',
    targetTables: tables,
    maps,
    keepMismatches: 1_000,
    onMismatches: (mismatches) => {
      for (const { table: name, key } of mismatches) found.get(name)?.add(String(key['id']));
    },
  });
}

describe('invariant 5: what a type cannot keep apart is no finding', () => {
  it('on both sides alike', async () => {
    for (const [i, [from, value, to, same]] of alike.entries()) {
      await table(`like_this.t${i}`, from, [value, 'NULL']);
      await table(`like_that.t${i}`, to, [same, 'NULL']);
    }
    const { findings, rows } = await compare('like_this', 'like_that', alike.length);
    expect(
      findings.filter(({ kind }) => kind !== 'irreversible').map(({ table: name }) => alike[Number(name.slice(1))]),
    ).toEqual([]);
    expect(rows).toBe(2 * alike.length);
  });

  it('and JSON spacing is one where the column is text', async () => {
    await table('like_this.t100', 'TEXT', ['\'{"a": 1}\'']);
    await table('like_that.t100', 'TEXT', ['\'{"a":1}\'']);
    const maps: TableMaps = { t100: ({ id = null, v = null }) => [{ table: 't100', key: { id }, columns: { v } }] };
    const url = server.url();
    const sides = {
      stream: still,
      sourceUrl: url,
      targetUrl: url,
      sourceSchema: 'like_this',
      targetSchema: 'like_that',
    };
    expect(await verify({ ...sides, targetTables: ['t100'], maps })).toMatchObject({ wrong: 1 });
  });
});

describe('keys', () => {
  it.each([
    ['BIGINT UNSIGNED', ['0', '9007199254740993', '18446744073709551615']],
    ['DECIMAL(10,2)', ['-1.50', '0.00', '2.25']],
    ['VARCHAR(9) COLLATE utf8mb4_general_ci', ["'A'", "'b'", "'ä1'", "'Zz'", "'ß'"]],
    ['CHAR(9)', ["'a'", "'b c'"]],
    ['BINARY(4)', ["x'00'", "x'ff'", "x'ff01'"]],
    ['VARBINARY(4)', ["x'00'", "x'0000'", "x'ff'"]],
    ['DATETIME(3)', ["'2026-01-02 03:04:05'", "'2026-01-02 03:04:05.006'"]],
    ['DATE', ["'2026-01-02'", "'2026-01-03'"]],
    ["ENUM('z','a','m')", ["'z'", "'a'", "'m'"]],
    ['BIT(9)', ["b'0'", "b'1'", "b'100000001'"]],
    ['DOUBLE', ['-1.5', '0.1', '3']],
  ])('of type %s are walked in pages, over positions, and rows too many among them found', async (definition, keys) => {
    const name = `k${definition.replaceAll(/\W/g, '')}`;
    for (const schema of ['like_this', 'like_that'])
      await connection.query(
        `CREATE TABLE ${schema}.${name} (k ${definition} NOT NULL, n INT NOT NULL, PRIMARY KEY (k, n)) CHARSET utf8mb4`,
      );
    const rows = keys.flatMap((key) => [1, 2, 3].map((n) => `(${key}, ${n})`));
    for (const schema of ['like_this', 'like_that'])
      await connection.query(`INSERT INTO ${schema}.${name} VALUES ${rows.join(',')}`);
    const maps: TableMaps = { [name]: ({ k = null, n = null }) => [{ table: name, key: { k, n }, columns: {} }] };
    const url = server.url();
    const sides = {
      stream: still,
      sourceUrl: url,
      targetUrl: url,
      sourceSchema: 'like_this',
      targetSchema: 'like_that',
    };
    const options = { ...sides, targetTables: [name], maps, inverse: maps, pageRows: 2 };
    expect(await verify(options)).toMatchObject({ wrong: 0, rows: rows.length });
    expect(await verify({ ...options, viewBudgetMs: -1 })).toMatchObject({ wrong: 0, rows: rows.length });
    await connection.query(`DELETE FROM like_this.${name} WHERE n = 2`);
    expect(await verify(options)).toMatchObject({ wrong: keys.length, extra: keys.length });
    expect(await verify({ ...options, viewBudgetMs: -1 })).toMatchObject({ wrong: keys.length, extra: keys.length });
  });
});
