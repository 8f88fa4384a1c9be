import { expect, it } from '@jest/globals';
import { LagBrake } from './lag-brake.ts';
import { Pace } from './pace.ts';

function clock() {
  let now = 0;
  return {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
}

it('keeps to the rate over many chunks', async () => {
  const time = clock();
  const pace = new Pace(1_000, time);
  for (let i = 0; i < 20; i++) await pace.spend(500);
  expect(time.now()).toBe(10_000);
});

it('does not make up for time in which nothing was read', async () => {
  const time = clock();
  const pace = new Pace(1_000, time);
  await time.sleep(60_000);
  await pace.spend(1_000);
  await pace.spend(1_000);
  expect(time.now()).toBe(62_000);
});

it('never waits without a limit', async () => {
  const time = clock();
  await new Pace(undefined, time).spend(1_000_000);
  expect(time.now()).toBe(0);
});

it('gives way more and more while the lag grows, and not once it shrinks', () => {
  const brake = new LagBrake();
  const lags = [10, 500, 900, 2_000, 9_000, 8_000].map((transactions) => ({ transactions, ms: 3_000 }));
  expect(lags.map((lag) => brake.pauseAfter(lag))).toEqual([100, 200, 400, 800, 1_600, 0]);
});

it('does not mind a lag below a second', () => {
  expect(new LagBrake().pauseAfter({ transactions: 1_000, ms: 900 })).toBe(0);
});
