import { describe, expect, it } from '@jest/globals';
import { emptyPosition, parsePosition } from '../position.ts';
import { Watermark } from './watermark.ts';

describe('Watermark', () => {
  it('answers at once for what is covered already', async () => {
    const mark = new Watermark(parsePosition('0-1-5'));
    await expect(mark.waitFor(parsePosition('0-1-5'), { budgetMs: 0 })).resolves.toBe(true);
    await expect(mark.waitFor(parsePosition('0-1-6'), { budgetMs: 0 })).resolves.toBe(false);
  });

  it('wakes exactly those whose position was reached', async () => {
    const mark = new Watermark(emptyPosition);
    const near = mark.waitFor(parsePosition('0-1-5'), { budgetMs: 60_000 });
    const far = mark.waitFor(parsePosition('0-1-9'), { budgetMs: 60_000 });
    mark.advance(parsePosition('0-1-7'));
    await expect(near).resolves.toBe(true);
    mark.giveUp();
    await expect(far).resolves.toBe(false);
    await expect(mark.waitFor(parsePosition('0-1-9'), { budgetMs: 60_000 })).resolves.toBe(false);
  });

  it('stops waiting when the caller no longer wants to', async () => {
    const mark = new Watermark(emptyPosition);
    const caller = new AbortController();
    const waiting = mark.waitFor(parsePosition('0-1-5'), { budgetMs: 60_000, signal: caller.signal });
    caller.abort();
    await expect(waiting).resolves.toBe(false);
  });
});
