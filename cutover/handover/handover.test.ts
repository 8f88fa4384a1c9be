import { describe, expect, it } from '@jest/globals';
import type { Span } from '../../shared/index.ts';
import type { HandoverActions, StepName, StepOutcome } from './handover.ts';
import { runHandover } from './handover.ts';

const order: StepName[] = ['hold', 'fence', 'position', 'catch-up', 'verify', 'journal', 'grant', 'release'];

/** Records every call; fails at one step, in one of three ways. */
function scripted(failAt?: StepName, how: 'refuse' | 'throw' | 'unknown' = 'refuse') {
  const calls: string[] = [];
  const step = (name: StepName) => (): Promise<StepOutcome> => {
    calls.push(name);
    if (name !== failAt) return Promise.resolve({ ok: true });
    if (how === 'throw') throw new Error('connection lost');
    return Promise.resolve(
      how === 'unknown' ? { ok: false, reason: 'no answer', unknown: true } : { ok: false, reason: 'no' },
    );
  };
  const undo = (name: string) => (): Promise<void> => {
    calls.push(name);
    return Promise.resolve();
  };
  const actions: HandoverActions = {
    hold: step('hold'),
    fence: step('fence'),
    position: step('position'),
    catchUp: step('catch-up'),
    verify: step('verify'),
    journal: step('journal'),
    grant: step('grant'),
    release: step('release'),
    unfence: undo('unfence'),
    letGo: undo('let-go'),
  };
  return { actions, calls };
}

describe('runHandover', () => {
  it('tells the begin and the end of each step it took, and the one that was refused', async () => {
    const told: string[] = [];
    const beginSpan = (step: StepName): Span => {
      told.push(`begin ${step}`);
      const place = { traceId: '', spanId: '', isSampled: true };
      return { place, set: () => undefined, end: (error = 'ok') => void told.push(`${error} ${step}`) };
    };
    await runHandover(scripted('position').actions, { beginSpan });
    const pairs = ['hold', 'fence', 'position'].map((step) => `begin ${step}`);
    expect(told).toEqual([pairs[0], 'ok hold', pairs[1], 'ok fence', pairs[2], 'refused position']);
  });

  it('performs the steps in the order of the contract', async () => {
    const { actions, calls } = scripted();
    const result = await runHandover(actions);
    expect(calls).toEqual(order);
    expect(result.outcome).toBe('done');
  });

  it.each(order.slice(0, 6).flatMap((step) => [[step, 'refuse'] as const, [step, 'throw'] as const]))(
    'invariant 8: %s that ends in %s is undone, fence before held writes',
    async (step, how) => {
      const { actions, calls } = scripted(step, how);
      const result = await runHandover(actions);
      expect(result).toMatchObject({ outcome: 'cancelled', at: step });
      expect(calls.slice(-2)).toEqual(['unfence', 'let-go']);
      expect(calls).not.toContain('grant');
    },
  );

  it.each(['grant', 'release'] as const)('undoes nothing after the journal row when %s fails', async (step) => {
    const { actions, calls } = scripted(step, 'throw');
    expect(await runHandover(actions)).toMatchObject({ outcome: 'half-done', at: step });
    expect(calls).not.toContain('unfence');
  });

  it('undoes nothing when it cannot be told whether the journal row was written', async () => {
    const { actions, calls } = scripted('journal', 'unknown');
    expect(await runHandover(actions)).toMatchObject({ outcome: 'half-done', at: 'journal' });
    expect(calls).not.toContain('unfence');
  });

  it('stops at the next step when the operator cancels', async () => {
    const { actions, calls } = scripted();
    const cancel = new AbortController();
    const result = await runHandover(actions, {
      signal: cancel.signal,
      onStep: ({ step }) => step === 'fence' && cancel.abort(),
    });
    expect(result).toMatchObject({ outcome: 'cancelled', at: 'position', reason: 'cancelled by the operator' });
    expect(calls).toEqual(['hold', 'fence', 'unfence', 'let-go']);
  });

  it('does not listen to a cancel after the journal row', async () => {
    const { actions } = scripted();
    const cancel = new AbortController();
    const result = await runHandover(actions, {
      signal: cancel.signal,
      onStep: ({ step }) => step === 'journal' && cancel.abort(),
    });
    expect(result.outcome).toBe('done');
  });
});
