import { expect, it } from '@jest/globals';
import { emptyPosition, type ChangeEvent, type ChangeSource, type SourceTransaction } from '../../cdc/index.ts';
import { SourceWrites } from './source-writes.ts';

const change = (table: string): ChangeEvent => ({ op: 'c', table, before: null, after: { id: 1 } });
const written = (sequence: bigint, tables: string[], domain = 0): SourceTransaction => ({
  gtid: { domain, server: 1, sequence },
  committedAtMs: 9_000,
  changes: tables.map(change),
  bytes: 1,
});

function sourceOf(...batches: SourceTransaction[][]): ChangeSource {
  return {
    async *read() {
      yield* batches;
    },
    head: () => Promise.resolve(emptyPosition),
    close: () => Promise.resolve(),
  };
}

async function seen(source: ChangeSource, times = 1, atWork = () => Promise.resolve(['cron@here'])) {
  let now = 10_000;
  const writes = new SourceWrites({ ownDomain: 7702, atWork, now: () => now });
  const watched = writes.watch(source);
  for (let i = 0; i < times; i++)
    for await (const _ of watched.read({ position: emptyPosition }, new AbortController().signal)) now += 100;
  return writes.report().groups;
}

it('counts transactions by table, each once, and says who was at work', async () => {
  const groups = await seen(sourceOf([written(1n, ['trips', 'trips']), written(2n, ['trips', 'stops'])]));
  expect(groups).toEqual([{ id: 1, agoMs: 100, lateMs: 1_000, tables: { trips: 2, stops: 1 }, users: ['cron@here'] }]);
});

it('leaves out what Banyan itself wrote, and what is none of the unit', async () =>
  expect(await seen(sourceOf([written(1n, ['trips'], 7702), written(2n, [])]))).toEqual([]));

it('counts nothing a second time that is read again', async () => {
  const groups = await seen(sourceOf([written(1n, ['trips'])], [written(2n, ['trips'])]), 3);
  expect(groups.map(({ tables }) => tables)).toEqual([{ trips: 2 }]);
});

it('counts a transaction that comes in pieces as one', async () => {
  const pieces = [written(1n, ['trips']), written(1n, ['trips', 'stops'])];
  expect((await seen(sourceOf(pieces))).map(({ tables }) => tables)).toEqual([{ trips: 1, stops: 1 }]);
});

it('makes groups of what is read together', async () => {
  const batches = [1n, 2n, 3n, 4n].map((sequence) => [written(sequence, ['trips'])]);
  expect((await seen(sourceOf(...batches))).map(({ id, tables }) => [id, tables['trips']])).toEqual([
    [1, 3],
    [2, 1],
  ]);
});

it('goes on when nobody may look who was at work', async () => {
  const groups = await seen(sourceOf([written(1n, ['trips'])]), 1, () => Promise.reject(new Error('denied')));
  expect(groups[0]?.users).toEqual([]);
});
