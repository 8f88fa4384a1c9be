import { describe, expect, it } from '@jest/globals';
import type { MariaDbWay } from './mariadb-program.ts';
import { waysFor } from './obtain-mariadb.ts';

const way = (name: MariaDbWay['name']): MariaDbWay => ({ name, obtain: async () => ({ unavailable: 'never asked' }) });
const [path, maven] = [way('path'), way('maven')];

describe('the ways to get MariaDB', () => {
  it('are all of them, or the one that was asked for', () => {
    expect(waysFor('maven', [path, maven])).toEqual([maven]);
    expect(waysFor('', [path, maven])).toEqual([path, maven]);
  });

  it('are listed when one is asked for that does not exist', () => {
    expect(() => waysFor('brew', [path, maven])).toThrow('BANYAN_MARIADB is "brew"; expected one of path, maven');
  });
});
