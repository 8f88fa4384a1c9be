import { describe, expect, it } from '@jest/globals';
import { Backlog } from './backlog.ts';
import type { SourceTransaction } from '../change-event.ts';

function transaction(sequence: number, bytes: number): SourceTransaction {
  return { gtid: { domain: 0, server: 1, sequence: BigInt(sequence) }, committedAtMs: 0, changes: [], bytes };
}

function createCounted(limitBytes: number) {
  const calls = { full: 0, room: 0 };
  const backlog = new Backlog({ limitBytes, onFull: () => (calls.full += 1), onRoom: () => (calls.room += 1) });
  return { backlog, calls };
}

describe('Backlog', () => {
  it('holds the producer back above its limit and lets it go on at half of it', () => {
    const { backlog, calls } = createCounted(10_000);
    for (let i = 0; i < 3; i++) backlog.push(transaction(i, 4000));
    expect(calls).toEqual({ full: 1, room: 0 });
    backlog.takeNow();
    expect(calls.room).toBe(0);
    backlog.takeNow();
    expect(calls.room).toBe(1);
  });

  it('hands out what arrived before an error, then the error', async () => {
    const { backlog } = createCounted(10_000);
    backlog.push(transaction(1, 1));
    backlog.fail(new Error('lost'));
    await backlog.ready();
    expect(backlog.takeAll()).toMatchObject([{ gtid: { sequence: 1n } }]);
    await expect(backlog.ready()).rejects.toThrow('lost');
  });

  it('keeps the order between one who waits and one who takes', async () => {
    const { backlog } = createCounted(1_000_000);
    const taken: bigint[] = [];
    for (let i = 0; i < 10_000; i += 2) {
      const ready = backlog.ready();
      backlog.push(transaction(i, 1));
      backlog.push(transaction(i + 1, 1));
      await ready;
      for (let t = backlog.takeNow(); t; t = backlog.takeNow()) taken.push(t.gtid.sequence);
    }
    expect(taken).toEqual(Array.from({ length: 10_000 }, (_, i) => BigInt(i)));
  });

  it('gives nothing after its end, and wakes whoever waits', async () => {
    const { backlog } = createCounted(10_000);
    const waiting = backlog.ready();
    backlog.push(transaction(1, 1));
    backlog.end();
    await waiting;
    expect(backlog.takeAll()).toEqual([]);
  });
});
