import { describe, expect, it } from '@jest/globals';
import { readStatement } from './statement.ts';

describe('a statement', () => {
  it.each([
    'SELECT 1',
    ' select * from t where a = ";COMMIT" -- ; COMMIT',
    'WITH x AS (SELECT 1) SELECT * FROM x',
    'SELECT * FROM t FOR UPDATE;',
    'SAVEPOINT typeorm_1',
    'RELEASE SAVEPOINT typeorm_1',
    'ROLLBACK TO SAVEPOINT typeorm_1',
    'SET @a = 1',
    'SHOW TABLES',
  ])('that stays inside the transaction may run: %s', (sql) => expect(readStatement(sql)).toEqual({ kind: 'read' }));

  it.each([
    '',
    'COMMIT',
    'commit and chain',
    'ROLLBACK',
    'BEGIN',
    'START TRANSACTION',
    'XA END "x"',
    'SELECT 1; COMMIT',
    'SELECT 1; -- x\nCOMMIT',
    '/*! COMMIT */',
    '/*M!100100 COMMIT */',
    'SET autocommit = 1',
    'SET GLOBAL x = 1',
    'SET @@global.x = 1',
    'CREATE TABLE t (a INT)',
    'TRUNCATE t',
    'CALL p()',
    'LOCK TABLES t WRITE',
    "SELECT * FROM t INTO OUTFILE '/tmp/x'",
    "SELECT GET_LOCK('a', 1)",
    'SELECT NEXTVAL(s)',
    'DO SLEEP(1)',
    "LOAD DATA INFILE 'x' INTO TABLE t",
  ])('that could end it or reach beyond it is refused: %s', (sql) => expect(readStatement(sql).kind).toBe('refused'));

  it('tells which rows an update is about, with the values that belong to that', () => {
    const sql =
      "UPDATE `trip` SET `note` = ?, `at` = IF(?, 'x where ?', ?) WHERE id = ? AND rider = ? ORDER BY id LIMIT 1;";
    const rest = 'WHERE id = ? AND rider = ? ORDER BY id LIMIT 1';
    expect(readStatement(sql)).toEqual({ kind: 'update', table: 'trip', rest, skips: 3, returns: false });
  });

  it.each([
    [
      'DELETE FROM `a`.`b` WHERE id IN (SELECT id FROM c WHERE x = ?)',
      'a.b',
      'WHERE id IN (SELECT id FROM c WHERE x = ?)',
    ],
    ['delete ignore from t', 't', ''],
    ['DELETE FROM t WHERE a=1 RETURNING a', 't', 'WHERE a=1 '],
  ])('tells which rows a deletion is about: %s', (sql, table, rest) =>
    expect(readStatement(sql)).toMatchObject({ kind: 'delete', table, rest, skips: 0 }),
  );

  it('takes an insert apart from what it returns', () => {
    expect(readStatement('INSERT INTO `t` (a) VALUES (?) RETURNING `id`, `b`')).toEqual({
      kind: 'insert',
      table: 't',
      head: 'INSERT INTO `t` (a) VALUES (?) ',
      returns: true,
      mayReplace: false,
    });
    expect(readStatement('REPLACE t VALUES (1)')).toMatchObject({ kind: 'insert', mayReplace: true });
    expect(readStatement('INSERT t SET a = 1 ON DUPLICATE KEY UPDATE a = 2')).toMatchObject({ mayReplace: true });
  });

  it.each([
    ['UPDATE a JOIN b USING (id) SET a.x = 1', 'UPDATE A'],
    ['UPDATE a AS b SET b.x = 1', 'UPDATE A'],
    ['DELETE a FROM a JOIN b USING (id)', 'DELETE A'],
    ['DELETE FROM a USING a JOIN b', 'DELETE FROM'],
  ])('that may change what nobody can look at says so: %s', (sql, words) =>
    expect(readStatement(sql)).toEqual({ kind: 'unseen', words }),
  );
});
