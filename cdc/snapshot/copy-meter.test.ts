import { describe, expect, it } from '@jest/globals';
import { CopyMeter } from './copy-meter.ts';

describe('a copy meter', () => {
  it('tells the rate of the last ten seconds and when the copy will end', () => {
    const meter = new CopyMeter(0, 0);
    for (let second = 1; second <= 20; second++) {
      meter.add(second <= 10 ? 1000 : 2000);
      meter.read('trips', 100_000, second * 1000);
    }
    expect(meter.read('trips', 100_000, 20_000)).toEqual({
      table: 'trips',
      rows: 30_000,
      totalRows: 100_000,
      rowsPerS: 2000,
      etaS: 35,
    });
  });

  it('counts rows of an earlier start as done but not as speed', () => {
    const meter = new CopyMeter(8000, 0);
    meter.add(1000);
    expect(meter.read('trips', 10_000, 1000)).toMatchObject({ rows: 9000, rowsPerS: 1000, etaS: 1 });
  });

  it('gives no end while rows wait, and says for what', () => {
    const progress = new CopyMeter(5, 0).read('trips', 10, 60_000, 'source busy');
    expect(progress).toMatchObject({ rowsPerS: 0, waitsFor: 'source busy' });
    expect(progress).not.toHaveProperty('etaS');
  });

  it('never says more than all of it when the estimate was low', () => {
    const meter = new CopyMeter(0, 0);
    meter.add(50);
    expect(meter.read('trips', 10, 1000)).toMatchObject({ rows: 50, totalRows: 50 });
  });
});
