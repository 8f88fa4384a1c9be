import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { Waits } from './waits.ts';

describe('the waits of a unit', () => {
  it('count who waits now, who has waited and for how long, by what was waited for', async () => {
    const clock = new ManualClock();
    const waits = new Waits(clock);
    const first = waits.during('hold', () => clock.sleep(30));
    const second = waits.during('hold', () => clock.sleep(50));
    expect(waits.counts.hold).toEqual({ waiting: 2, ended: 0, ms: 0 });
    await clock.advance(30);
    await first;
    expect(waits.counts.hold).toEqual({ waiting: 1, ended: 1, ms: 30 });
    await clock.advance(20);
    await second;
    expect(waits.counts.hold).toEqual({ waiting: 0, ended: 2, ms: 80 });
    expect(waits.counts['own-write']).toEqual({ waiting: 0, ended: 0, ms: 0 });
  });

  it('do not remember a wait that failed as one that goes on', async () => {
    const waits = new Waits(new ManualClock());
    const failing = waits.during('own-write', () => Promise.reject(new Error('gone')));
    await expect(failing).rejects.toThrow('gone');
    expect(waits.counts['own-write']).toMatchObject({ waiting: 0, ended: 1 });
  });
});
