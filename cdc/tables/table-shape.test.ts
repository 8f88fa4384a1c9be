import { describe, expect, it } from '@jest/globals';
import { compareShapes, type ColumnShape, type TableShape } from './table-shape.ts';

const text = (type: string, nullable = false): ColumnShape => ({
  type,
  nullable,
  charset: 'utf8mb4',
  generated: false,
});
const orders: TableShape = {
  table: 'orders',
  columns: { id: { type: 'int(11)', nullable: false, charset: null, generated: false }, code: text('varchar(40)') },
  key: ['id'],
};

describe('compareShapes', () => {
  it('says nothing of a table that is as it was', () => {
    expect(compareShapes([orders], [structuredClone(orders)])).toEqual([]);
  });

  it('names added, dropped and changed columns with both definitions', () => {
    const now = { ...orders, columns: { code: text('varchar(80)', true), tip: text('char(3)') } };
    expect(compareShapes([orders], [now])).toEqual([
      { table: 'orders', column: 'id', what: 'was dropped or renamed' },
      {
        table: 'orders',
        column: 'code',
        what: 'was varchar(40) character set utf8mb4 NOT NULL, is varchar(80) character set utf8mb4 NULL',
      },
      { table: 'orders', column: 'tip', what: 'was added as char(3) character set utf8mb4 NOT NULL' },
    ]);
  });

  it('names a table that is gone and a key that is another', () => {
    expect(compareShapes([orders], [])).toEqual([{ table: 'orders', what: 'was dropped or renamed' }]);
    expect(compareShapes([orders], [{ ...orders, key: ['id', 'code'] }])).toEqual([
      { table: 'orders', what: 'primary key was (id), is (id, code)' },
    ]);
  });
});
