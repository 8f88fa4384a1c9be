import { expect, it } from '@jest/globals';
import { soakCutovers } from '../soak/cutovers.ts';

it.each([
  ['binlog', 6],
  ['kafka', 2],
] as const)(
  'invariants 2, 3 and 8: over %s, %d handovers with a kill -9 in each lose and double nothing, and each ends or is taken back',
  async (over, handovers) => {
    const report = await soakCutovers({ handovers, seed: 20_261_121, over });
    expect(report).toMatchObject({ findings: [], staleReads: 0 });
    expect(report.ownerChanges).toBeGreaterThan(0);
    expect(report.acknowledgedWrites).toBeGreaterThan(50);
  },
  600_000,
);
