import { expect, it } from '@jest/globals';
import type { Row } from '../change-event.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { findExtrasAtOnce } from './extras-at-once.ts';
import type { Mismatch } from './mismatch.ts';

const id = { name: 'id', kind: 'integer', type: 'int(11)' };
const table = { schema: 'x', name: 't', key: ['id'], byName: new Map([['id', id]]) } as unknown as TableInfo;
const maps: TableMaps = { t: ({ id: n = null }) => [{ table: 't', key: { id: n }, columns: {} }] };

async function* pages(ids: readonly number[]): AsyncGenerator<readonly Row[]> {
  for (let i = 0; i < ids.length; i += 10) yield ids.slice(i, i + 10).map((n) => ({ id: n }));
}

async function find(source: readonly number[], target: readonly number[], keysAtOnce: number): Promise<string[]> {
  const found: Mismatch[] = [];
  await findExtrasAtOnce({
    sources: [table],
    table,
    maps,
    count: target.length,
    sourcePages: () => pages(source),
    targetPages: () => pages(target),
    onMismatch: (mismatch) => found.push(mismatch),
    keysAtOnce,
  });
  return found.map(({ kind, key }) => `${kind} ${String(key['id'])}`).toSorted();
}

const numbers = Array.from({ length: 500 }, (_, i) => i);

it.each([1_000, 60, 7])('finds rows too many and keys yielded twice, holding about %d keys at a time', async (keys) => {
  const found = await find([...numbers, 250, 3], [...numbers, 999, 1_000], keys);
  expect(found).toEqual(['collision 250', 'collision 3', 'extra 1000', 'extra 999']);
});

it('finds nothing where both sides hold the same keys, in any order', async () => {
  expect(await find(numbers, numbers.toReversed(), 60)).toEqual([]);
});

it('copes with a source that yields far more than the target holds', async () => {
  expect(await find(numbers, [1, 2, 3, 777], 2)).toEqual(['extra 777']);
});
