import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ChainCheck, hashOf, type ChainVerdict } from './chain.ts';
import { GENESIS, type JournalEnd, type JournalEntry } from './journal-entry.ts';

function chainOf(count: number): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let id = 1; id <= count; id++) {
    const base = { id, unit: 'trips', epoch: id, at: '2026-11-21 08:00:00.000', who: 'ada', action: 'stage-shadow' };
    const rest = { reason: `why ${id}`, before: { epoch: id - 1, stage: { name: 'legacy' } }, after: { epoch: id } };
    const contents = { ...base, ...rest, detail: null, evidence: [], previousHash: entries.at(-1)?.hash ?? GENESIS };
    entries.push({ ...contents, hash: hashOf(contents) });
  }
  return entries;
}

function check(entries: readonly JournalEntry[], end = endOf(chainOf(6)), expected?: JournalEnd): ChainVerdict {
  const chain = new ChainCheck(expected);
  for (const entry of entries) chain.take(entry);
  return chain.end(end);
}

function endOf(entries: readonly JournalEntry[]): JournalEnd | undefined {
  const last = entries.at(-1);
  return last && { id: last.id, hash: last.hash };
}

const lines = chainOf(6);

describe('a journal as it was written', () => {
  it('holds, and says what to note for the next time', () => {
    expect(check(lines)).toEqual({ holds: true, lines: 6, last: endOf(lines) });
  });

  it('holds whatever order a server keeps the keys of a JSON value in', () => {
    const reordered = lines.map((entry) => ({
      ...entry,
      before: Object.fromEntries(Object.entries(entry.before as object).toReversed()),
    }));
    expect(check(reordered).holds).toBe(true);
  });

  it('holds while it is empty', () => {
    expect(check([], { id: 0, hash: GENESIS })).toMatchObject({ holds: true, lines: 0 });
  });
});

describe('a journal somebody changed', () => {
  it('names the line whose contents changed, whichever part of it that is', () => {
    const parts = ['unit', 'at', 'who', 'action', 'reason', 'epoch', 'before', 'after', 'detail', 'evidence'] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.constantFrom(...parts), (index, part) => {
        const changed = lines.map((entry, at) => (at === index ? { ...entry, [part]: ['else'] } : entry));
        expect(check(changed)).toMatchObject({ holds: false, id: index + 1, what: 'changed' });
      }),
    );
  });

  it('names the line after a removed one', () => {
    for (const index of [0, 2, 4]) {
      const verdict = check(lines.filter((_, at) => at !== index));
      expect(verdict).toMatchObject({ holds: false, id: index + 2, what: 'removed' });
    }
  });

  it('names the line after one that was rewritten together with its hash', () => {
    const forged = lines.map((entry) => (entry.id === 3 ? sealed({ ...entry, who: 'eve' }) : entry));
    expect(check(forged)).toMatchObject({ holds: false, id: 4, what: 'removed' });
  });

  it('names the first of two lines that changed places', () => {
    const swapped = lines.map((entry) => {
      const other = lines.find(({ id }) => id === (entry.id === 3 ? 4 : entry.id === 4 ? 3 : entry.id));
      return { ...other, id: entry.id } as JournalEntry;
    });
    expect(check(swapped)).toMatchObject({
      holds: false,
      id: 3,
      what: 'moved',
      message: 'line 3 was written as line 4',
    });
  });

  it('knows that its end was cut off, or is lost', () => {
    expect(check(lines.slice(0, 4))).toMatchObject({ holds: false, id: 4, what: 'cut-off' });
    const chain = new ChainCheck();
    expect(chain.end(undefined)).toMatchObject({ holds: false, what: 'cut-off' });
  });

  it('names a line that was written past its end', () => {
    expect(check(lines, endOf(chainOf(5)))).toMatchObject({ holds: false, id: 6, what: 'added' });
  });

  it('knows its last line again, although that was rewritten with its hash', () => {
    const forged = lines.map((entry) => (entry.id === 6 ? sealed({ ...entry, who: 'eve' }) : entry));
    expect(check(forged)).toMatchObject({ holds: false, id: 6, what: 'changed' });
  });

  it('holds when all of it was rewritten, unless a line was noted elsewhere', () => {
    const rewritten: JournalEntry[] = [];
    for (const entry of lines)
      rewritten.push(sealed({ ...entry, who: 'eve', previousHash: rewritten.at(-1)?.hash ?? GENESIS }));
    expect(check(rewritten, endOf(rewritten))).toMatchObject({ holds: true });
    const noted = { id: 2, hash: lines[1]?.hash ?? '' };
    expect(check(rewritten, endOf(rewritten), noted)).toMatchObject({ holds: false, id: 2, what: 'unexpected' });
    const short = lines.slice(0, 1);
    expect(check(short, endOf(short), noted)).toMatchObject({ holds: false, id: 1, what: 'cut-off' });
  });
});

function sealed(entry: JournalEntry): JournalEntry {
  return { ...entry, hash: hashOf(entry) };
}
