import { describe, expect, it } from '@jest/globals';
import { Coalescer } from '../map/coalesce.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readDerivations, sessionSetup } from './derived-tables.ts';
import { withDerived } from './recompute.ts';

function table(name: string, key: readonly string[]): TableInfo {
  return { schema: 'store', name, engine: 'InnoDB', columns: [], byName: new Map(), key, uniques: [], rowsEstimate: 0 };
}

const tables = new Map([table('landed', ['id']), table('joined', ['id'])].map((info) => [info.name, info]));
const derived = { key: ['id'], select: 'SELECT id FROM landed', affected: { landed: ['id'] } };

describe('a mapping without derived tables', () => {
  it('adds nothing to a session and hands a batch’s statements on as they are', () => {
    const statements = [{ table: 'landed', sql: 'DELETE FROM landed' }];
    const derivations = readDerivations(undefined, tables);
    expect(sessionSetup(derivations)).toEqual([]);
    expect(withDerived(derivations, new Coalescer(), tables, statements)).toBe(statements);
  });
});

describe('a declared derived table', () => {
  it('is left alone by a batch that touches none of its landing tables', () => {
    const statements = [{ table: 'joined', sql: 'SELECT 1' }];
    expect(withDerived(readDerivations({ joined: derived }, tables), new Coalescer(), tables, statements)).toEqual(
      statements,
    );
  });

  it('is refused with everything that does not fit, at once', () => {
    const wrong = { key: ['a', 'b'], select: '', affected: { landed: ['id'], ghost: 'SELECT 1' } };
    expect(() => readDerivations({ joined: wrong, absent: derived }, tables)).toThrow(
      'derived table joined declares the key a, b; its primary key is id; derived table joined reads ghost, which is ' +
        "not among the unit's target tables; derived table joined has 2 key column(s), landed gives 1; derived table " +
        "absent is not among the unit's target tables",
    );
  });
});
