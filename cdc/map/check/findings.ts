import type { Row, Value } from '../../change-event.ts';
import type { CategoryTally } from './category-tally.ts';

export type MappingFindingKind =
  /** The mapping is no pure, total function: it throws, changes its row, depends on the clock, gives undefined. */
  | 'throws'
  | 'mutates'
  | 'unstable'
  | 'clock'
  | 'undefined'
  | 'type'
  /** What it gives does not fit the declared tables. */
  | 'structure'
  | 'required'
  /** The other side's column does not keep the value: type, width, NOT NULL, member, range, character set, CHECK. */
  | 'refused'
  /** Two rows take the same place. */
  | 'collision'
  /** It does not come back as it was. */
  | 'changed'
  | 'lost'
  /** A value that no row holds yet could not be mapped. */
  | 'unseen'
  /** A declaration that nothing needs. */
  | 'needless'
  /** What the target's columns keep could not be tried. */
  | 'unmeasured';

export interface MappingFinding {
  /** A problem keeps a stream from being started; a warning does not. */
  readonly severity: 'problem' | 'warning';
  readonly kind: MappingFindingKind;
  /** `table` or `table.column`. */
  readonly subject: string;
  /** What is wrong, without row contents. */
  readonly message: string;
  /** How many rows of the source it concerns; 0 when it follows from declarations alone. */
  readonly rows: number;
  /** True: while it is there, a rollback cannot restore these rows. */
  readonly blocksRollback: boolean;
  /** The categories that explain it: every row with one of these values is concerned, and no other. */
  readonly because?: { readonly column: string; readonly values: readonly { value: Value; rows: number }[] };
  readonly fix: string;
}

type Facts = Omit<MappingFinding, 'rows' | 'because'>;

interface Group {
  readonly facts: Facts;
  rows: number;
  lastRow: Row | undefined;
  readonly values: Map<string, Map<Value, number>>;
}

/** Findings of one source table, grouped; rows are counted, never kept. */
export class TableFindings {
  private readonly tally: CategoryTally;
  private readonly groups = new Map<string, Group>();

  constructor(tally: CategoryTally) {
    this.tally = tally;
  }

  /** Counts a source row; a fact that holds of several of its target rows counts once. */
  add(facts: Facts, row: Row): void {
    const group = this.groupOf(facts);
    if (group.lastRow === row) return;
    group.lastRow = row;
    group.rows += 1;
    for (const column of this.tally.columns) {
      const counts = group.values.get(column) ?? new Map<Value, number>();
      group.values.set(column, counts);
      const value = row[column] ?? null;
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }

  /** For what follows from declarations, or is counted elsewhere. */
  state(facts: Facts, rows = 0): void {
    this.groupOf(facts).rows = rows;
  }

  report(): MappingFinding[] {
    return [...this.groups.values()].map(({ facts, rows, values }) => {
      const because = this.tally.explain(values, facts.message);
      return { ...facts, rows, ...(because && { because }) };
    });
  }

  private groupOf(facts: Facts): Group {
    const id = [facts.kind, facts.subject, facts.message].join('\n');
    const group: Group = this.groups.get(id) ?? { facts, rows: 0, lastRow: undefined, values: new Map() };
    this.groups.set(id, group);
    return group;
  }
}
