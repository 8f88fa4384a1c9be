import { describe, expect, it } from '@jest/globals';
import { decideReadiness, type CopyFacts } from './readiness.ts';

const FRESH: CopyFacts = { owner: 'legacy', state: 'streaming', stoppedCode: null, ageMs: 200 };
const reasonOf = (facts: CopyFacts | undefined): string | undefined => {
  const readiness = decideReadiness(facts, 1000);
  return readiness.ready ? undefined : readiness.reason;
};

describe('readiness', () => {
  it('is given while the copy is complete and fresh', () => {
    expect(decideReadiness(FRESH, 1000)).toEqual({ ready: true });
  });

  it('is refused while the copy is not there, not finished, stopped or behind', () => {
    expect(reasonOf(undefined)).toBe('there is no copy yet');
    expect(reasonOf({ owner: null, state: null, stoppedCode: null, ageMs: null })).toBe('there is no copy yet');
    expect(reasonOf({ ...FRESH, state: 'snapshotting' })).toBe('the first copy is not finished');
    expect(reasonOf({ ...FRESH, stoppedCode: 'CDC_ROW_REFUSED' })).toBe('the stream has stopped: CDC_ROW_REFUSED');
    expect(reasonOf({ ...FRESH, ageMs: 1500 })).toBe('the copy is 1500 ms behind, limit 1000 ms');
  });

  it('does not look at the copy once the service owns its rows', () => {
    expect(decideReadiness({ ...FRESH, owner: 'service', ageMs: 86_400_000 }, 1000)).toEqual({ ready: true });
  });
});
