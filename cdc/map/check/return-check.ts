import type { Row } from '../../change-event.ts';
import type { TargetRow } from '../../mapping.ts';
import { sameInColumn } from '../../tables/canonical.ts';
import type { ColumnInfo, TableInfo } from '../../tables/catalogue.ts';
import type { MappingFinding, TableFindings } from './findings.ts';
import { probe } from './probe.ts';
import { StructureJudge } from './structure.ts';
import type { CheckContext } from './table-check.ts';

export interface LossyColumn {
  readonly column: string;
  readonly reason: string;
  /** Rows that would come back with another value. */
  readonly rows: number;
}

const GIVE_BACK = 'give it back in the inverse, or declare it under `lossy` with the reason';

/** Sends what the target kept of a source row back through the inverse, and compares. */
export class ReturnCheck {
  private readonly context: CheckContext;
  private readonly source: TableInfo;
  private readonly findings: TableFindings;
  private readonly judge: StructureJudge;
  private readonly reasons: Readonly<Record<string, string>>;
  private readonly mirrors: ReadonlySet<string>;
  private readonly returned = new Set<string>();
  private readonly changed = new Map<string, number>();

  constructor(context: CheckContext, source: TableInfo, findings: TableFindings) {
    this.context = context;
    this.source = source;
    this.findings = findings;
    this.judge = new StructureJudge(context.source);
    this.reasons = context.mapping.lossy?.[source.name] ?? {};
    this.mirrors = mirrorsOf(context);
  }

  check(row: Row, targets: readonly TargetRow[], images: readonly (Row | undefined)[]): void {
    // The service does not write a mirror: a row that is only mirrored stays where it is.
    if ('*' in this.reasons || targets.every(({ table }) => this.mirrors.has(table))) return;
    // A row that the target does not keep is a finding already.
    if (targets.some((_, i) => !images[i])) return;
    const back = this.mapBack(row, targets, images as readonly Row[]);
    if (back && !(back.length === 0 && targets.every(({ part }) => part))) this.compare(row, back);
  }

  /** Columns that never came back, once every row was seen. */
  finish(read: ReadonlySet<string>, rows: number, isComplete: boolean): { untouched: string[]; lossy: LossyColumn[] } {
    const own = this.source.columns.filter((column) => !column.isGenerated).map(({ name }) => name);
    if ('*' in this.reasons) return { untouched: [], lossy: [{ column: '*', reason: this.reasons['*'] ?? '', rows }] };
    const absent = rows === 0 || this.returned.size === 0 ? [] : own.filter((name) => !this.returned.has(name));
    for (const column of absent.filter((name) => read.has(name) && !(name in this.reasons))) this.lost(column, rows);
    if (isComplete && rows > 0) this.reportNeedless(absent);
    return {
      untouched: absent.filter((name) => !read.has(name) && !(name in this.reasons)),
      lossy: Object.entries(this.reasons).map(([column, reason]) => ({
        column,
        reason,
        rows: absent.includes(column) ? rows : (this.changed.get(column) ?? 0),
      })),
    };
  }

  private mapBack(row: Row, targets: readonly TargetRow[], images: readonly Row[]): TargetRow[] | undefined {
    const back: TargetRow[] = [];
    for (const [i, { table, part }] of targets.entries()) {
      const map = this.context.inverse[table];
      const probed = map && probe(map, images[i] as Row);
      if (!probed) continue;
      if ('targets' in probed) back.push(...probed.targets);
      // The image of a part is completed with column defaults; a mapping may rightly find no meaning in those, and of a
      // row that is nothing but parts nothing can be said then.
      else if (!part) return this.unreturnable(table, probed.impurity.message, row);
    }
    return back;
  }

  private unreturnable(table: string, reason: string, row: Row): undefined {
    const message = `the inverse of ${table} ${reason}`;
    this.add(
      { kind: 'throws', subject: table, message, fix: 'let the inverse take every row the mapping yields' },
      row,
    );
  }

  private compare(row: Row, back: readonly TargetRow[]): void {
    const { name, key } = this.source;
    const own = back.filter(({ table }) => table === name);
    for (const target of own.filter((candidate) => !candidate.part)) this.judgeShape(target, row);
    if (own.length === 0)
      return this.add({ kind: 'lost', subject: name, message: 'does not come back', fix: GIVE_BACK }, row);
    const same = own.filter((target) => key.every((column) => this.isSame(column, target.key, row)));
    if (same.length < own.length) {
      const message = same.length === 0 ? 'comes back under another key' : 'comes back as several rows';
      this.add({ kind: 'changed', subject: name, message, fix: 'let the inverse give back the key' }, row);
    }
    if (same.length > 0) this.compareColumns(row, Object.assign({}, ...same.map(imageOf)) as Row);
  }

  private compareColumns(row: Row, image: Row): void {
    for (const column of Object.keys(image)) {
      this.returned.add(column);
      if (this.isSame(column, image, row)) continue;
      this.changed.set(column, (this.changed.get(column) ?? 0) + 1);
      if (column in this.reasons) continue;
      const subject = `${this.source.name}.${column}`;
      this.add({ kind: 'changed', subject, message: 'comes back as another value', fix: GIVE_BACK }, row);
    }
  }

  private judgeShape(target: TargetRow, row: Row): void {
    for (const { kind, subject, message, fix } of this.judge.judge(target)) {
      const about = kind === 'required' ? message.replace('the mapping', 'the inverse') : message;
      this.add({ kind, subject, message: about, fix }, row);
    }
  }

  private isSame(name: string, a: Row, b: Row): boolean {
    const column = this.source.byName.get(name);
    return column !== undefined && sameInColumn(column satisfies ColumnInfo, a[name] ?? null, b[name] ?? null);
  }

  private lost(column: string, rows: number): void {
    const subject = `${this.source.name}.${column}`;
    const message = 'is read by the mapping and never comes back';
    this.findings.state(
      { severity: 'problem', blocksRollback: true, kind: 'lost', subject, message, fix: GIVE_BACK },
      rows,
    );
  }

  private reportNeedless(absent: readonly string[]): void {
    const needless = Object.keys(this.reasons).filter((name) => !absent.includes(name) && !this.changed.has(name));
    for (const column of needless)
      this.findings.state({
        severity: 'warning',
        kind: 'needless',
        subject: `${this.source.name}.${column}`,
        message: 'is declared lossy, and every row gives it back',
        blocksRollback: false,
        fix: 'remove it from `lossy`, so that a later loss is noticed',
      });
  }

  private add(facts: Pick<MappingFinding, 'kind' | 'subject' | 'message' | 'fix'>, row: Row): void {
    this.findings.add({ severity: 'problem', blocksRollback: true, ...facts }, row);
  }
}

/** Landing tables without an inverse. */
function mirrorsOf({ mapping, inverse }: CheckContext): ReadonlySet<string> {
  const landings = Object.values(mapping.derived ?? {}).flatMap(({ affected }) => Object.keys(affected));
  return new Set(landings.filter((name) => !inverse[name]));
}

function imageOf({ key, columns }: TargetRow): Row {
  return { ...key, ...columns };
}
