import { describe, expect, it } from '@jest/globals';
import type { WritePeriods } from '../../edge/index.ts';
import { WritingHistory } from './writing-history.ts';

const counts = (writing?: WritePeriods) => ({
  trips: { reads: 0, pinned: 0, ...(writing && { writing }) },
});

describe('the writes inside several edges', () => {
  it('are as old as what was told by now, and known as far back as the one knows that was there last', () => {
    const history = new WritingHistory();
    history.hear('a', counts({ knownMs: 60_000, periods: [[300, 0]] }), 1_000);
    history.hear('b', counts({ knownMs: 5_000, periods: [] }), 1_500);
    expect(history.of('trips', new Set(['a', 'b']), 2_000)).toEqual({ knownMs: 5_000, periods: [[1_300, 1_000]] });
  });

  it('are unknown while an edge that is there has not told', () => {
    const history = new WritingHistory();
    history.hear('a', counts({ knownMs: 60_000, periods: [] }), 0);
    expect(history.of('trips', new Set(['a', 'b']), 0)).toBeUndefined();
    history.hear('b', counts(), 0);
    expect(history.of('trips', new Set(['a', 'b']), 0)).toBeUndefined();
  });

  it('count those of an edge that has left, and take it for writing after what it told last', () => {
    const history = new WritingHistory();
    history.hear('a', counts({ knownMs: 900, periods: [[200, 100]] }), 1_000);
    history.hear('b', counts({ knownMs: 60_000, periods: [] }), 4_000);
    expect(history.of('trips', new Set(['b']), 4_000)).toEqual({
      knownMs: 60_000,
      periods: [
        [3_200, 3_100],
        [3_000, 1_000],
      ],
    });
    history.hear('b', counts({ knownMs: 60_000, periods: [] }), 122_000);
    expect(history.of('trips', new Set(['b']), 122_000)?.periods).toEqual([]);
  });
});
