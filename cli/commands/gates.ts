import type { GateResult } from '../../cutover/index.ts';
import { table } from '../terminal.ts';

/** The gates of a step, what was measured and what to run when one does not pass. */
export function gatesTable(gates: readonly GateResult[]): string {
  if (gates.length === 0) return 'no gates stand before this step';
  return table(
    ['GATE', 'VERDICT', 'VALUE', 'LIMIT', 'NEXT'],
    gates.map(({ gate, verdict, value, limit, next }) => [gate, verdict, value, limit, verdict === 'pass' ? '' : next]),
  );
}
