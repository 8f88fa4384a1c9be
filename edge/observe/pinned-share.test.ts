import { describe, expect, it } from '@jest/globals';
import { PinnedShare } from './pinned-share.ts';
import { RouteCounts } from './route-counts.ts';

describe('the share of reads that are pinned', () => {
  it('counts what reached the markers, and forgets what is older than a minute', () => {
    const route = new RouteCounts({ unit: 'trips', method: 'GET', route: '/api/trips/{id}' });
    const share = new PinnedShare(() => [route]);
    for (let i = 0; i < 3; i++) route.add('legacy', 'own-write-pending', 200);
    for (let i = 0; i < 6; i++) route.add('service', 'exposed', 200);
    route.add('legacy', 'above-ceiling', 200);
    route.add('legacy', 'stage-shadow', 200);
    expect(share.value()).toEqual({ pinned: 3, reads: 10 });
    for (let i = 0; i < 7; i++) share.look();
    expect(share.value()).toEqual({ pinned: 0, reads: 0 });
    route.add('legacy', 'frozen', 200);
    expect(share.value()).toEqual({ pinned: 1, reads: 1 });
  });
});
