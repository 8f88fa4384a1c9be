import type { FlagFinding } from '../flags/index.ts';
import { table } from './terminal.ts';

/** A table of what is not as the plan needs it; nothing when all is. */
export function describeFindings(findings: readonly FlagFinding[]): string[] {
  if (findings.length === 0) return [];
  return [
    table(
      ['FLAG', 'IS', 'FIX'],
      findings.map(({ flag, is, fix }) => [flag, is, fix]),
    ),
  ];
}
