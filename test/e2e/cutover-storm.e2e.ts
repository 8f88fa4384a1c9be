import { expect, it } from '@jest/globals';
import { soakCutovers } from '../soak/cutovers.ts';

it('invariants 2, 3 and 8: handovers with a kill -9 in each lose and double nothing, and each ends or is taken back', async () => {
  const report = await soakCutovers({ handovers: 6, seed: 20_261_121 });
  expect(report).toMatchObject({ findings: [], staleReads: 0 });
  expect(report.ownerChanges).toBeGreaterThan(1);
  expect(report.acknowledgedWrites).toBeGreaterThan(100);
}, 300_000);
