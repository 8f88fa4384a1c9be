import { describe, expect, it } from '@jest/globals';
import { Heartbeat } from './heartbeat.ts';
import { emptyPosition, type Position } from '../position.ts';

/** A heart that looks ten times, 200 ms apart, and what it has done by then. */
async function afterTenLooks(world: { isLevel: boolean; head?: () => Promise<Position> }) {
  const end = new AbortController();
  let nowMs = 0;
  let touched = 0;
  const clock = {
    now: () => nowMs,
    sleep: (ms: number) => Promise.resolve((nowMs += ms) >= 2_000 ? end.abort() : undefined),
  };
  const heartbeat = new Heartbeat({
    source: { head: world.head ?? (() => Promise.resolve(emptyPosition)) },
    watermark: { waitFor: () => Promise.resolve(world.isLevel) },
    touch: () => Promise.resolve(void touched++),
    signal: end.signal,
    clock,
  });
  await heartbeat.beat();
  return { touched, ageMs: heartbeat.levelAgeMs() };
}

describe('a heartbeat', () => {
  it('renews the row once a second and stays young while the copy is level', async () => {
    expect(await afterTenLooks({ isLevel: true })).toEqual({ touched: 2, ageMs: 200 });
  });

  it('lets row and age grow while the copy is behind', async () => {
    expect(await afterTenLooks({ isLevel: false })).toEqual({ touched: 0, ageMs: Number.POSITIVE_INFINITY });
  });

  it('lets row and age grow while the source does not answer', async () => {
    const head = (): Promise<Position> => Promise.reject(new Error('gone'));
    expect(await afterTenLooks({ isLevel: true, head })).toEqual({ touched: 0, ageMs: Number.POSITIVE_INFINITY });
  });
});
