import { describe, expect, it } from '@jest/globals';
import { summarize, type JestReport, type StepResult } from './test-summary.ts';

const report = (numPassedTests: number, more: Partial<JestReport> = {}): JestReport => ({
  numPassedTests,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...more,
});
const unit = (more: Partial<JestReport>, exitCode = 0): StepResult => ({
  name: 'test:unit',
  exitCode,
  report: report(5, more),
});

describe('the closing line of npm test', () => {
  it('sums all Jest runs', () => {
    const steps = [unit({}), { name: 'test:int', exitCode: 1, report: report(3, { numFailedTests: 2 }) }];
    expect(summarize(steps, true)).toMatchObject({ passed: 8, failed: 2, reasons: ['test:int failed'] });
  });

  it('counts a check, a crash and a suite that did not load as failed', () => {
    expect(summarize([{ name: 'lint', exitCode: 1 }], false)).toMatchObject({ failed: 1, reasons: ['lint failed'] });
    expect(summarize([unit({ numRuntimeErrorTestSuites: 1 }, 1)], false)).toMatchObject({ passed: 5, failed: 1 });
    expect(summarize([unit({}, 1)], false)).toMatchObject({ passed: 5, failed: 1 });
  });

  it('counts a skipped test as failed in CI only', () => {
    expect(summarize([unit({ numPendingTests: 2 })], false)).toMatchObject({ failed: 0, skipped: 2, reasons: [] });
    expect(summarize([unit({ numPendingTests: 2 })], true)).toMatchObject({ failed: 2, skipped: 2 });
  });

  it('lets a case of a contract be left out when its title says why', () => {
    const left = (title: string): Partial<JestReport> => ({
      numPendingTests: 1,
      testResults: [{ assertionResults: [{ status: 'pending', title }] }],
    });
    expect(summarize([unit(left('retries once (not here: it has no retry)'))], true)).toMatchObject({
      failed: 0,
      skipped: 0,
    });
    expect(summarize([unit(left('retries once'))], true)).toMatchObject({ failed: 1, skipped: 1 });
  });
});
