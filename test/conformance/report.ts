import Table from 'cli-table3';
import type { Row } from './catalogue.ts';
import type { Case } from './case.ts';
import type { Result } from './run.ts';

/** One line of the table: a case, what came of it, and what the peers do, by name. */
export interface Line {
  readonly row: Row;
  readonly one: Case | undefined;
  readonly result: Result;
  readonly peers: ReadonlyMap<string, string>;
}

const WIDTHS = { case: 7, what: 26, sent: 30, expected: 34, edge: 34, peer: 26 };

/** The whole table, its cells broken at words. */
export function tableOf(lines: readonly Line[], peerNames: readonly string[]): string {
  const drawn = new Table({
    head: ['case', 'what', 'sent', 'expected', 'the edge', ...peerNames],
    colWidths: [
      WIDTHS.case,
      WIDTHS.what,
      WIDTHS.sent,
      WIDTHS.expected,
      WIDTHS.edge,
      ...peerNames.map(() => WIDTHS.peer),
    ],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { row, one, result, peers } of lines) {
    const edge = `${result.passed ? 'ok' : 'FAILED'}: ${result.got}`;
    const others = peerNames.map((name) => peers.get(name) ?? '');
    drawn.push([`${row.section} ${row.number}`, row.title, one?.sends ?? '', one?.expects ?? '', edge, ...others]);
  }
  return drawn.toString();
}
