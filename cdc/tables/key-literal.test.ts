import { expect, it } from '@jest/globals';
import type { ColumnInfo, ColumnKind } from './catalogue.ts';
import { keyLiteral } from './key-literal.ts';

function column(kind: ColumnKind, type: string): ColumnInfo {
  return { kind, type } as ColumnInfo;
}

it.each([
  ["enum('z','a,b','it''s')", 'z', '1'],
  ["enum('z','a,b','it''s')", 'a,b', '2'],
  ["enum('z','a,b','it''s')", "it's", '3'],
  ["enum('z','a')", '', '0'],
  ["enum('z','')", '', '2'],
  ["enum('z','a')", 'Z', "'Z'"],
  ["set('x','y','z')", 'x,z', '5'],
  ["set('x','y','z')", '', '0'],
  ["set('x','y','z')", 'x,q', "'x,q'"],
])('writes a member of %s, %s, as %s', (type, value, literal) => {
  expect(keyLiteral(column('choice', type), value)).toBe(literal);
});

it('writes bits as their number', () => {
  expect(keyLiteral(column('bit', 'bit(9)'), Buffer.from([1, 1]))).toBe('257');
});

it('leaves every other type as it is written to a column', () => {
  expect(keyLiteral(column('bytes', 'binary(2)'), Buffer.from([1, 1]))).toBe("x'0101'");
  expect(keyLiteral(column('text', 'varchar(9)'), "it's")).toBe(String.raw`'it\'s'`);
});
