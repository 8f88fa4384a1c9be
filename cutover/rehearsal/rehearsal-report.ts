import type { GateResult } from '../judgement/gates.ts';
import type { Side } from '../stage.ts';
import type { Direction } from '../unit/unit-record.ts';

/** What was done for a step of a handover, on real data and without moving anything. */
export interface RehearsedStep {
  readonly way: Direction;
  readonly step: 'barrier' | 'rehearsal row' | 'position' | 'catch-up' | 'verify';
  readonly ms: number;
  readonly ok: boolean;
  readonly detail: string;
}

/** The evidence of a rehearsal, to be shown to whoever decides about the cutover. No row contents. */
export interface RehearsalReport {
  readonly unit: string;
  /** UTC. */
  readonly at: string;
  readonly who: string;
  readonly reason: string;
  readonly owner: Side;
  readonly epoch: number;
  readonly planDigest: string;
  readonly passed: boolean;
  readonly steps: readonly RehearsedStep[];
  /** Of the handover that comes next. */
  readonly gates: readonly GateResult[];
}

/** The report as Markdown, for a change ticket. */
export function rehearsalMarkdown(report: RehearsalReport): string {
  const { unit, at, who, reason, owner, epoch, planDigest, passed, steps, gates } = report;
  return [
    `# Rehearsal of ${unit}: ${passed ? 'passed' : 'NOT passed'}`,
    '',
    `${at}, by ${who}: ${reason}`,
    '',
    `Owner ${owner}, epoch ${epoch}, plan ${planDigest.slice(0, 12)}. No request was held, no owner changed.`,
    '',
    ...table(
      ['Way', 'Step', 'ms', '', 'Found'],
      steps.map(({ way, step, ms, ok, detail }) => [
        way,
        step,
        String(Math.round(ms)),
        ok ? 'ok' : '**failed**',
        detail,
      ]),
    ),
    '',
    ...table(
      ['Gate', 'Verdict', 'Value', 'Limit'],
      gates.map(({ gate, verdict, value, limit }) => [gate, verdict, value, limit]),
    ),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
