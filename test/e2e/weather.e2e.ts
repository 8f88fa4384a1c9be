import { expect, it } from '@jest/globals';
import { weather } from '../soak/weather.ts';

it('invariants 3 and 4: bad network weather on both sides loses and doubles nothing, and needs nobody', async () => {
  const report = await weather({ seconds: 25, seed: 20_261_121 });
  expect(report).toMatchObject({ differences: [], states: ['streaming'] });
  expect(report.faults).toBeGreaterThan(8);
  expect(report.rows).toBeGreaterThan(500);
}, 600_000);
