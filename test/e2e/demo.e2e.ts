import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../support/program.ts';

interface Result {
  readonly acknowledgedWrites: number;
  readonly verify: { readonly rows: number };
  readonly stages: readonly string[];
}

async function demo(...args: string[]): Promise<{ exitCode: number; stdout: string; output: string }> {
  return runProgram({ args: ['test/demo/main.ts', ...args], env: {}, budgetMs: 500_000 });
}

describe('npm run demo', () => {
  it('walks a unit to the service, back and there again, and closes with one line of JSON', async () => {
    const { exitCode, stdout, output } = await demo(
      '--json',
      '--trips',
      '2000',
      '--users',
      '300',
      '--vehicles',
      '50',
      '--seconds',
      '10',
    );
    if (exitCode !== 0) throw new Error(output);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const result = JSON.parse(stdout) as Result;
    const clean = { failed: 0, staleReads: 0, lostWrites: 0, doubledWrites: 0, mismatches: 0 };
    expect(result).toMatchObject({ ...clean, verify: { wrong: 0 } });
    expect(result.acknowledgedWrites).toBeGreaterThan(100);
    expect(result.stages).toEqual(['legacy', 'shadow', 'canary', 'reads', 'owned', 'reads', 'owned']);
  }, 600_000);

  it('refuses what it does not know with exit code 2 and its usage', async () => {
    const { exitCode, output } = await demo('--secnods', '5');
    expect(exitCode).toBe(2);
    expect(output).toContain('usage: npm run demo');
  });
});
