import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LEASE_MS, Membership } from './membership.ts';

describe('the lease of an edge', () => {
  it('runs from the last moment at which all edges are known to have been in contact', () => {
    const { edges } = joined('a', 'b');
    edges.echo('a', 1_000);
    edges.echo('b', 1_400);
    expect(edges.grant('b', 1_500)).toBe(LEASE_MS - 500);
    expect(edges.grant('a', 1_000 + LEASE_MS)).toBe(0);
  });

  it('is granted to nobody before every edge has seen the present membership', () => {
    const { edges } = joined('a', 'b');
    edges.echo('a', 100);
    expect(edges.grant('a', 100)).toBe(0);
    edges.echo('b', 150);
    expect(edges.grant('a', 200)).toBeGreaterThan(0);
    edges.join('c', 300);
    expect(edges.grant('a', 300)).toBe(0);
  });

  it('stands still for all while one is silent, and goes on once that one is known to be gone', () => {
    const { edges } = joined('a', 'b');
    for (const name of ['a', 'b']) edges.echo(name, 10);
    edges.lose('b', 20);
    edges.echo('a', 5_000);
    expect(edges.grant('a', 5_000)).toBe(0);
    edges.remove('b', 6_000);
    edges.echo('a', 6_010);
    expect(edges.grant('a', 6_010)).toBe(LEASE_MS);
  });

  it('of an edge that a former control process knew may still run', () => {
    const edges = new Membership();
    edges.restore('a', 50);
    expect(edges.get('a')).toMatchObject({ isConnected: false, liveUntil: 50 + LEASE_MS });
  });

  it('law: one lease after an edge came, or last echoed a beat, no edge calls itself live', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('echo' as const), who: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ what: fc.constant('grant' as const), who: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ what: fc.constant('join' as const), who: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 900 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const edges = new Membership();
        const echoed = [0, 0, 0];
        const live = [0, 0, 0];
        let now = 0;
        for (const one of steps) {
          if (one.what === 'wait') now += one.ms;
          else if (one.what === 'join') {
            if (!edges.get(String(one.who))) echoed[one.who] = now;
            edges.join(String(one.who), now);
          } else if (one.what === 'echo') {
            edges.echo(String(one.who), now);
            if (edges.get(String(one.who))) echoed[one.who] = now;
          } else live[one.who] = Math.max(live[one.who] ?? 0, now + edges.grant(String(one.who), now));
          for (const { name } of edges.members())
            expect(Math.max(...live)).toBeLessThanOrEqual(Math.max(now, (echoed[Number(name)] ?? 0) + LEASE_MS));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function joined(...names: string[]): { edges: Membership } {
  const edges = new Membership();
  for (const name of names) edges.join(name, 0);
  return { edges };
}
