import { expect, it } from '@jest/globals';
import { soak } from '../soak/soak.ts';

it('invariant 4: an applier killed twenty times at random leaves every row exactly once and as it should be', async () => {
  const report = await soak({ kills: 20, seed: 20_261_121 });
  expect(report).toMatchObject({ kills: 20, differences: [] });
  expect(report.atPoints).toBeGreaterThan(3);
  expect(report.rows).toBeGreaterThan(1_000);
}, 600_000);
