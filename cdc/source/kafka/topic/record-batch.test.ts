import { describe, expect, it } from '@jest/globals';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { readBatches } from './record-batch.ts';
import { writeBatch, type BatchShape } from '../testing/write-batch.ts';

const values = (bytes: Buffer, from = 0, aborted: Parameters<typeof readBatches>[2] = []) => {
  const { records, next } = readBatches(bytes, from, aborted);
  return { found: records.map(({ offset, value }) => `${offset}:${value?.toString() ?? 'null'}`), next };
};

const batch = (baseOffset: number, texts: readonly (string | null)[], shape: Partial<BatchShape> = {}) =>
  writeBatch({ baseOffset, values: texts, ...shape });

const marker = (baseOffset: number, producerId: bigint, isCommit: boolean) =>
  writeBatch({ baseOffset, values: [''], control: isCommit ? 'commit' : 'abort', producerId });

describe('readBatches', () => {
  it('reads records with keys, and tombstones', () => {
    expect(values(batch(7, ['a', null, 'ccc']), 7)).toEqual({ found: ['7:a', '8:null', '9:ccc'], next: 10 });
  });

  it('leaves out what lies in front of the offset asked for', () => {
    expect(values(batch(7, ['a', 'b', 'c']), 9)).toEqual({ found: ['9:c'], next: 10 });
  });

  it('goes on behind records that compaction took out', () => {
    expect(values(batch(7, [], { lastOffset: 20 }), 7)).toEqual({ found: [], next: 21 });
  });

  it('leaves a batch that is cut off to the next fetch', () => {
    const bytes = Buffer.concat([batch(0, ['a']), batch(1, ['b'])]);
    expect(values(bytes.subarray(0, bytes.length - 1))).toEqual({ found: ['0:a'], next: 1 });
  });

  it('hands out nothing that a producer gave up, and no markers', () => {
    const bytes = Buffer.concat([
      batch(0, ['gone'], { producerId: 1n, isTransactional: true }),
      batch(1, ['other'], { producerId: 2n, isTransactional: true }),
      marker(2, 1n, false),
      batch(3, ['kept'], { producerId: 1n, isTransactional: true }),
      marker(4, 1n, true),
    ]);
    expect(values(bytes, 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual({ found: ['1:other', '3:kept'], next: 5 });
  });

  it.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ] as const)('reads what is compressed with %s', (_, codec, compress) => {
    expect(values(batch(0, ['a', 'b'], { codec, compress }))).toEqual({ found: ['0:a', '1:b'], next: 2 });
  });

  it('names a compression it cannot read', () => {
    expect(() => values(batch(0, ['a'], { codec: 3 }))).toThrow(/compressed with lz4; expected none, gzip or zstd/);
  });

  it('refuses bytes that are no batch', () => {
    expect(() => values(Buffer.alloc(100))).toThrow(/no record batch of format 2, near offset 0/);
    expect(() => values(Buffer.alloc(20))).toThrow(/no record batch/);
  });
});
