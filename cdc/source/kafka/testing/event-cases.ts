/** Something that a source does, to be recorded as the connector tells it. Tables live in the schema `fixtures`. */
export interface EventCase {
  /** Of the file, such as `e14-key-change`. */
  readonly name: string;
  /** Tables that must exist, and rows that must lie there, before a connector looks. */
  readonly setup: readonly string[];
  readonly sql: readonly string[];
  /** Tables whose rows are expected at the end; the catalogue is told of these. */
  readonly tables: readonly string[];
  /** Recorded with these settings too; `usual` always is. */
  readonly also?: readonly VariantName[];
}

export type VariantName = keyof typeof variants;

/** Settings on top of those that `banyan connector` prints. */
export const variants = {
  usual: {},
  /** What a pipeline that exists already may send instead, without loss. */
  other: {
    'decimal.handling.mode': 'precise',
    'bigint.unsigned.handling.mode': 'long',
    'binary.handling.mode': 'hex',
    'tombstones.on.delete': 'true',
  },
  numeric: { 'decimal.handling.mode': 'precise', 'value.converter.decimal.format': 'NUMERIC' },
  /** Loses data: recorded to be refused. */
  lossy: {
    'value.converter.replace.null.with.default': 'true',
    'decimal.handling.mode': 'double',
    'time.precision.mode': 'connect',
    'event.converting.failure.handling.mode': 'warn',
  },
  snapshot: { 'snapshot.mode': 'initial' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export const eventCases: readonly EventCase[] = [
  {
    name: 'e01-rows',
    setup: ['CREATE TABLE e01 (id INT PRIMARY KEY, name VARCHAR(40), amount DECIMAL(10,2))'],
    sql: [
      "INSERT INTO e01 VALUES (1, 'one', 1.10), (2, 'two', NULL), (3, 'three', 3)",
      "UPDATE e01 SET name = 'TWO' WHERE id = 2",
      'DELETE FROM e01 WHERE id = 3',
    ],
    tables: ['e01'],
    also: ['other'],
  },
  {
    name: 'e11-names-alike',
    setup: ['CREATE TABLE `e11-x` (id INT PRIMARY KEY, v INT)', 'CREATE TABLE `e11_x` (id INT PRIMARY KEY, v INT)'],
    sql: ['INSERT INTO `e11-x` VALUES (1, 10)', 'INSERT INTO `e11_x` VALUES (1, 20)', 'UPDATE `e11-x` SET v = 11'],
    tables: ['e11-x', 'e11_x'],
  },
  {
    name: 'e14-key-change',
    setup: ['CREATE TABLE e14 (id INT PRIMARY KEY, v VARCHAR(10))'],
    sql: ["INSERT INTO e14 VALUES (1, 'a'), (2, 'b')", 'UPDATE e14 SET id = id + 10 ORDER BY id DESC'],
    tables: ['e14'],
    also: ['other'],
  },
  {
    name: 'e25-transactions',
    setup: ['CREATE TABLE e25_a (id INT PRIMARY KEY)', 'CREATE TABLE e25_b (id INT PRIMARY KEY)'],
    sql: [
      'BEGIN; INSERT INTO e25_a VALUES (1); INSERT INTO e25_b VALUES (1); INSERT INTO e25_a VALUES (2); COMMIT',
      'INSERT INTO elsewhere.t VALUES (1)',
      'CREATE TABLE elsewhere.made (id INT)',
      'INSERT INTO e25_b VALUES (2)',
    ],
    tables: ['e25_a', 'e25_b'],
  },
  {
    name: 'e30-definitions',
    setup: ['CREATE TABLE e30 (id INT PRIMARY KEY, v INT)', 'CREATE TABLE e30_other (id INT PRIMARY KEY)'],
    sql: [
      'INSERT INTO e30 VALUES (1, 1)',
      'ALTER TABLE e30_other ADD note TEXT',
      "ALTER TABLE e30 ADD added DATETIME(3) NOT NULL DEFAULT '2001-02-03 04:05:06.789', ADD amount DECIMAL(8,2) NULL",
      "INSERT INTO e30 VALUES (2, 2, '2026-01-02 03:04:05.060', 1.50)",
      'ALTER TABLE e30 DROP v',
      "UPDATE e30 SET added = '2026-01-02 03:04:05' WHERE id = 2",
    ],
    tables: ['e30'],
  },
  {
    name: 'e32-swap',
    setup: [
      'CREATE TABLE e32 (id INT PRIMARY KEY, place INT NOT NULL UNIQUE)',
      'INSERT INTO e32 VALUES (1, 10), (2, 20)',
    ],
    sql: [
      'BEGIN; UPDATE e32 SET place = 0 WHERE id = 1; UPDATE e32 SET place = 10 WHERE id = 2; UPDATE e32 SET place = 20 WHERE id = 1; COMMIT',
    ],
    tables: ['e32'],
  },
  {
    name: 'e34-truncate',
    setup: ['CREATE TABLE e34 (id INT PRIMARY KEY)'],
    sql: ['INSERT INTO e34 VALUES (1), (2)', 'TRUNCATE TABLE e34', 'INSERT INTO e34 VALUES (3)'],
    tables: ['e34'],
  },
  {
    name: 'e36-snapshot',
    setup: [
      'CREATE TABLE e36 (id INT PRIMARY KEY, v VARCHAR(10))',
      "INSERT INTO e36 VALUES (1, 'a'), (2, 'b'), (3, NULL)",
    ],
    sql: ["UPDATE e36 SET v = 'B' WHERE id = 2"],
    tables: ['e36'],
    also: ['snapshot'],
  },
  {
    name: 'e41-default',
    setup: ["CREATE TABLE e41 (id INT PRIMARY KEY, n INT NULL DEFAULT 7, t VARCHAR(10) NULL DEFAULT 'seven')"],
    sql: ['INSERT INTO e41 (id) VALUES (1)', 'INSERT INTO e41 VALUES (2, NULL, NULL)'],
    tables: ['e41'],
    also: ['lossy'],
  },
  {
    name: 'e42-decimal',
    setup: [
      'CREATE TABLE e42 (id INT PRIMARY KEY, a DECIMAL(10,2), b DECIMAL(65,30), c DECIMAL(65,0), d DECIMAL(12,10), z DECIMAL(8,2) ZEROFILL)',
    ],
    sql: [
      `INSERT INTO e42 VALUES (1, -12.5, -${'9'.repeat(35)}.${'9'.repeat(30)}, ${'9'.repeat(65)}, 0.0000000001, 1.5)`,
      'INSERT INTO e42 VALUES (2, 0, 0, -1, -1.5, 0)',
      `INSERT INTO e42 VALUES (3, 12345678.99, 0.${'0'.repeat(29)}1, 0, 0, 123456.78)`,
      'INSERT INTO e42 VALUES (4, NULL, NULL, NULL, NULL, NULL)',
    ],
    tables: ['e42'],
    also: ['other', 'numeric', 'lossy'],
  },
  {
    name: 'e43-bigint-unsigned',
    setup: ['CREATE TABLE e43 (id BIGINT UNSIGNED PRIMARY KEY, v BIGINT UNSIGNED)'],
    sql: [
      'INSERT INTO e43 VALUES (0, 0), (10, 9007199254740993), (9223372036854775808, 9223372036854775807), (18446744073709551615, NULL)',
    ],
    tables: ['e43'],
    also: ['other'],
  },
  {
    name: 'e44-bigint',
    setup: ['CREATE TABLE e44 (id BIGINT PRIMARY KEY, v BIGINT)'],
    sql: [
      'INSERT INTO e44 VALUES (-9223372036854775808, 9223372036854775807), (9007199254740993, -9007199254740993), (0, -1), (7, NULL)',
    ],
    tables: ['e44'],
  },
  {
    name: 'e45-bit',
    setup: ['CREATE TABLE e45 (id INT PRIMARY KEY, a BIT(1), b BIT(8), c BIT(9), d BIT(64))'],
    sql: [
      "INSERT INTO e45 VALUES (1, b'1', b'10000001', b'100000000', 1), (2, b'0', 0, b'1', 18446744073709551615), (3, NULL, NULL, NULL, NULL)",
    ],
    tables: ['e45'],
  },
  {
    name: 'e46-bytes',
    setup: ['CREATE TABLE e46 (id INT PRIMARY KEY, a BINARY(4), b VARBINARY(300), c BLOB)'],
    sql: [
      `INSERT INTO e46 VALUES (1, x'ff00', x'${everyByte()}', x'${everyByte()}'), (2, x'', x'', x''), (3, NULL, NULL, NULL), (4, x'20202020', x'00', x'fbff')`,
    ],
    tables: ['e46'],
    also: ['other'],
  },
  {
    name: 'e47-date',
    setup: ['CREATE TABLE e47 (id INT PRIMARY KEY, v DATE)'],
    sql: [
      "INSERT INTO e47 VALUES (1, '1000-01-01'), (2, '9999-12-31'), (3, '1969-12-31'), (4, '1970-01-01'), (5, '2024-02-29'), (6, '1900-03-01'), (7, NULL)",
    ],
    tables: ['e47'],
  },
  {
    name: 'e48-time',
    setup: ['CREATE TABLE e48 (id INT PRIMARY KEY, a TIME, b TIME(2), c TIME(6))'],
    sql: [
      "INSERT INTO e48 VALUES (1, '-838:59:59', '-00:00:00.01', '-838:59:59.000000'), (2, '838:59:59', '10:11:12.13', '838:59:59.999999'), (3, '-00:00:01', '24:00:00', '-00:00:00.000001'), (4, '24:00:00', '00:00:00', '23:59:59.999999'), (5, NULL, NULL, NULL)",
    ],
    tables: ['e48'],
    also: ['lossy'],
  },
  {
    name: 'e49-datetime',
    setup: ['CREATE TABLE e49 (id INT PRIMARY KEY, a DATETIME, b DATETIME(3), c DATETIME(6), d DATETIME(1))'],
    sql: [
      "INSERT INTO e49 VALUES (1, '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '2026-01-02 03:04:05.6'), (2, '1000-01-01 00:00:00', '1969-12-31 23:59:59.001', '1000-01-01 00:00:00.000001', '1969-12-31 23:59:59.9'), (3, '2026-03-29 02:30:00', '2026-01-02 03:04:05.006', '2255-06-05 23:47:34.740993', '1970-01-01'), (4, NULL, NULL, NULL, NULL)",
    ],
    tables: ['e49'],
    also: ['lossy'],
  },
  {
    name: 'e50-timestamp',
    setup: ['CREATE TABLE e50 (id INT PRIMARY KEY, a TIMESTAMP NULL, b TIMESTAMP(3) NULL, c TIMESTAMP(6) NULL)'],
    sql: [
      "INSERT INTO e50 VALUES (1, '2026-01-02 03:04:05', '2026-01-02 03:04:05.006', '2038-01-19 03:14:07.999999'), (2, '1970-01-01 00:00:01', '2026-03-29 02:30:00.100', '2026-10-25 02:30:00'), (3, NULL, NULL, NULL)",
    ],
    tables: ['e50'],
  },
  {
    name: 'e51-zero-date',
    setup: [
      "CREATE TABLE e51 (id INT PRIMARY KEY, a DATE NOT NULL, b DATETIME(3) NOT NULL, c TIMESTAMP(3) NOT NULL DEFAULT '0000-00-00', d TIMESTAMP NULL)",
      "CREATE TABLE e51_default (id INT PRIMARY KEY, a DATETIME(3) NOT NULL DEFAULT '2001-02-03 04:05:06.789')",
      'CREATE TABLE e51_null (id INT PRIMARY KEY, a DATE, b DATETIME)',
    ],
    sql: [
      "INSERT INTO e51 VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'), (2, '2026-01-02', '2026-01-02 03:04:05.6', '1970-01-01 00:00:01', NULL)",
      "INSERT INTO e51_default VALUES (1, '0000-00-00'), (2, '2026-01-01')",
      "INSERT INTO e51_null VALUES (1, '0000-00-00', '0000-00-00'), (2, '2015-00-12', NULL), (3, '1970-01-01', '1970-01-01')",
    ],
    tables: ['e51', 'e51_default', 'e51_null'],
  },
  {
    name: 'e52-year',
    setup: ['CREATE TABLE e52 (id INT PRIMARY KEY, v YEAR)'],
    sql: ['INSERT INTO e52 VALUES (1, 0), (2, 1901), (3, 2155), (4, 69), (5, NULL)'],
    tables: ['e52'],
  },
  {
    name: 'e53-choices',
    setup: ["CREATE TABLE e53 (id INT PRIMARY KEY, e ENUM('a','b,c','it''s','back\\\\slash','é'), s SET('x','y','z'))"],
    sql: [
      "INSERT INTO e53 VALUES (1, 'b,c', 'z,x'), (2, 'nothing', ''), (3, 'it''s', 'x,y,z'), (4, 'back\\\\slash', NULL), (5, 'é', 'y')",
      "ALTER TABLE e53 MODIFY e ENUM('é','back\\\\slash','it''s','b,c','a')",
      "INSERT INTO e53 VALUES (6, 'a', 'x'), (7, 'é', 'y')",
    ],
    tables: ['e53'],
  },
  {
    name: 'e54-json',
    setup: ['CREATE TABLE e54 (id INT PRIMARY KEY, v JSON)'],
    sql: [
      'INSERT INTO e54 VALUES (1, \'{"b": 1,  "a": [null, 1e400, 12345678901234567890]}\'), (2, \'{}\'), (3, NULL), (4, \'null\'), (5, \'"\\\\u00e9 \\\\"q\\\\""\')',
    ],
    tables: ['e54'],
  },
  {
    name: 'e56-floats',
    setup: ['CREATE TABLE e56 (id INT PRIMARY KEY, a FLOAT, b FLOAT(7,3), c DOUBLE)'],
    sql: [
      'INSERT INTO e56 VALUES (1, 1.1, 1.1, 0.1), (2, 16777217, -0.001, 1.7976931348623157e308), (3, 3.4028234e38, 0, 5e-324), (4, -0.0, 1234.567, 9007199254740993), (5, NULL, NULL, NULL), (6, 1e-45, 1, 1e21)',
    ],
    tables: ['e56'],
  },
  {
    name: 'e57-tinyint',
    setup: ['CREATE TABLE e57 (id INT PRIMARY KEY, a TINYINT(1), b BOOLEAN, c TINYINT UNSIGNED, d INT UNSIGNED)'],
    sql: ['INSERT INTO e57 VALUES (1, 1, TRUE, 255, 4294967295), (2, 0, FALSE, 0, 0), (3, -128, NULL, NULL, NULL)'],
    tables: ['e57'],
  },
  {
    name: 'e59-text',
    setup: [
      'CREATE TABLE e59 (id VARCHAR(20) PRIMARY KEY, v TEXT, l VARCHAR(20) CHARACTER SET latin1, c CHAR(5)) COLLATE utf8mb4_general_ci',
    ],
    sql: [
      "INSERT INTO e59 VALUES ('a', '😀 \\\\ \\' \\0 \\n é', '€ é ÿ', 'ab '), ('b ', 'trailing  ', 'ÿ', ''), ('🚕', '', NULL, '🚕é')",
      "UPDATE e59 SET id = 'A' WHERE id = 'a'",
    ],
    tables: ['e59'],
  },
  {
    name: 'e59-unreadable-text',
    setup: ['CREATE TABLE e59_u (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET latin1)'],
    sql: ["INSERT INTO e59_u VALUES (1, UNHEX('619D')), (2, 'fine')"],
    tables: ['e59_u'],
  },
  {
    name: 'e60-generated',
    setup: [
      'CREATE TABLE e60 (id INT PRIMARY KEY, a INT, stored INT AS (a * 2) STORED, made INT AS (a + 1) VIRTUAL, hidden INT INVISIBLE)',
    ],
    sql: ['INSERT INTO e60 (id, a, hidden) VALUES (1, 5, 9)', 'UPDATE e60 SET a = 6'],
    tables: ['e60'],
  },
];

function everyByte(): string {
  return Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex');
}
