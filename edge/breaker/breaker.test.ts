import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { CallResult } from '../targets/call-result.ts';
import { Breaker, type BreakerLimits } from './breaker.ts';

describe('a breaker', () => {
  it.each<[string, CallResult[], boolean]>([
    ['nineteen failures', results(19, 'failed'), false],
    ['twenty failures', results(20, 'failed'), true],
    ['ten failures after ten successes', [...results(10, 'ok'), ...results(10, 'failed')], true],
    ['nine failures after eleven successes', [...results(11, 'ok'), ...results(9, 'failed')], false],
    ['a hundred clients that left', results(100, 'none'), false],
  ])('%s: opens %s', (_, given, opens) => {
    const { breaker, call } = open();
    for (const result of given) call(result);
    expect(breaker.isClosed).toBe(!opens);
  });

  it('opens at the fifth connection in a row that does not come about, whichever route tried', () => {
    const { breaker, call, target } = open();
    target.connectFailures = 4;
    call('unreachable');
    expect(breaker.isClosed).toBe(true);
    target.connectFailures = 5;
    call('unreachable');
    expect(breaker.isClosed).toBe(false);
  });

  it('opens when four fifths of the answers are slow', () => {
    const { breaker, call } = open();
    for (let i = 0; i < 4; i++) call('ok');
    for (let i = 0; i < 15; i++) call('ok', 5001);
    expect(breaker.isClosed).toBe(true);
    call('ok', 5001);
    expect(breaker.isClosed).toBe(false);
  });

  it('forgets what was ten seconds ago', () => {
    const { breaker, call, clock } = open();
    for (let i = 0; i < 19; i++) call('failed');
    clock.now += 10_000;
    call('failed');
    expect(breaker.isClosed).toBe(true);
  });

  it('tries again as soon as somebody has reached a target that could not be reached', () => {
    const { breaker, call, target, clock } = open({ connectFailures: 1 });
    target.connectFailures = 1;
    call('unreachable');
    expect(breaker.admits(clock.now)).toBe(false);
    target.connectFailures = 0;
    expect(breaker.admits(clock.now)).toBe(true);
    const { breaker: failing, clock: later } = broken();
    expect(failing.admits(later.now)).toBe(false);
  });

  it('lets three probes through when its time is over, and closes when all three succeed', () => {
    const { breaker, clock } = broken();
    expect([breaker.admits(clock.now), breaker.waitMs(clock.now)]).toEqual([false, 5000]);
    clock.now += 5000;
    const passes = [1, 2, 3].map(() => (breaker.admits(clock.now) ? breaker.begin(clock.now) : 0));
    expect([breaker.state.name, breaker.admits(clock.now)]).toEqual(['half-open', false]);
    expect(breaker.begin(clock.now)).toBe(-1);
    for (const pass of passes) breaker.end(pass, 'ok', 1, clock.now);
    expect([breaker.isClosed, breaker.openings]).toEqual([true, 1]);
  });

  it.each<[string, CallResult, number]>([
    ['fails', 'failed', 1],
    ['is slow', 'ok', 5001],
    ['does not come about', 'unreachable', 0],
  ])('opens for twice as long when a probe %s', (_, result, headMs) => {
    const { breaker, clock } = broken();
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      waits.push(breaker.waitMs(clock.now));
      clock.now += breaker.waitMs(clock.now);
      breaker.end(breaker.begin(clock.now), result, headMs, clock.now);
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000]);
  });

  it('gives the place of a probe that said nothing to another', () => {
    const { breaker, clock } = broken();
    clock.now += 5000;
    const passes = [1, 2, 3].map(() => breaker.begin(clock.now));
    breaker.end(passes[0] ?? 0, 'none', 0, clock.now);
    expect(breaker.admits(clock.now)).toBe(true);
  });

  it('draws the wait anew each time, never longer than said', () => {
    const { breaker, clock } = broken({}, () => 0.5);
    expect(breaker.waitMs(clock.now)).toBe(4500);
  });

  it('hears nothing from calls that began before it opened', () => {
    const { breaker, clock } = open();
    const late = breaker.begin(clock.now);
    for (let i = 0; i < 20; i++) breaker.end(breaker.begin(clock.now), 'failed', 1, clock.now);
    clock.now += 5000;
    const probe = breaker.begin(clock.now);
    breaker.end(late, 'failed', 1, clock.now);
    expect(breaker.state).toMatchObject({ name: 'half-open', underWay: 1 });
    breaker.end(probe, 'ok', 1, clock.now);
    expect(breaker.state).toMatchObject({ name: 'half-open', underWay: 0, successes: 1 });
  });

  it('whatever happens in whatever order, never has more than three probes under way and never stays open for ever', () => {
    const event = fc.record({
      result: fc.constantFrom<CallResult>('ok', 'failed', 'unreachable', 'none'),
      ends: fc.boolean(),
      ms: fc.nat(9000),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const { breaker, clock } = broken({}, Math.random);
        const passes: number[] = [];
        for (const { result, ends, ms } of events) {
          clock.now += ms;
          if (!ends && breaker.admits(clock.now)) passes.push(breaker.begin(clock.now));
          else if (passes.length > 0) breaker.end(passes.shift() ?? 0, result, 1, clock.now);
          const { state } = breaker;
          if (state.name === 'half-open') expect(state.underWay + state.successes).toBeLessThanOrEqual(3);
        }
        for (const pass of passes) breaker.end(pass, 'none', 0, clock.now);
        expect(breaker.admits(clock.now + 60_000)).toBe(true);
      }),
    );
  });
});

function open(limits: Partial<BreakerLimits> = {}, random: () => number = () => 0) {
  const target = { connectFailures: 0 };
  const clock = { now: 1_000_000 };
  const breaker = new Breaker({ limits, target, random });
  const call = (result: CallResult, headMs = 1): void =>
    breaker.end(breaker.begin(clock.now), result, headMs, clock.now);
  return { breaker, target, clock, call };
}

function broken(...args: Parameters<typeof open>) {
  const parts = open(...args);
  for (let i = 0; i < 20; i++) parts.call('failed');
  return parts;
}

function results(count: number, value: CallResult): CallResult[] {
  return Array.from({ length: count }, () => value);
}
