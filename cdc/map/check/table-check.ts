import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Value } from '../../change-event.ts';
import type { MapRow, Mapping, TableMaps, TargetRow } from '../../mapping.ts';
import type { TableInfo } from '../../tables/catalogue.ts';
import { CategoryTally } from './category-tally.ts';
import type { TableRules } from './column-rules.ts';
import { TableFindings, type MappingFinding } from './findings.ts';
import { notKept } from './kept-value.ts';
import { probe, probeAgain, probeClock, type Impurity } from './probe.ts';
import { ReturnCheck, type LossyColumn } from './return-check.ts';
import type { ScratchPool } from './scratch-pool.ts';
import { StructureJudge, type Misfit, type SideTables } from './structure.ts';

/** What all tables of one direction share. */
export interface CheckContext {
  readonly direction: 'forward' | 'reverse';
  readonly mapping: Pick<Mapping, 'lossy' | 'categories' | 'derived'>;
  readonly maps: TableMaps;
  readonly inverse: TableMaps;
  readonly source: SideTables;
  readonly target: SideTables;
  /** Absent: what the target's columns keep is not measured. */
  readonly scratch?: ScratchPool;
}

export interface TableCheck {
  readonly table: string;
  readonly rows: number;
  /** Rows that the mapping leaves behind on purpose: it yields nothing for them. */
  readonly filtered: number;
  /** Columns that the mapping never reads and the inverse never writes: a rollback keeps them as they are. */
  readonly untouched: readonly string[];
  /** Columns that do not come back, with the reason the mapping declares. */
  readonly lossy: readonly LossyColumn[];
  readonly findings: readonly MappingFinding[];
}

interface MappedRow {
  readonly row: Row;
  readonly targets: readonly TargetRow[];
  /** What the target keeps of each target row, as far as it is known. */
  readonly images: (Row | undefined)[];
}

const PURE = 'make it a pure function of the row: no clock, no random, no state, no change of its argument';
const TOTAL = 'let mapping.ts say what becomes of such a row';

/** Sends the rows of one source table there and back. */
export class TableChecker {
  readonly findings: TableFindings;
  private readonly context: CheckContext;
  private readonly source: TableInfo;
  private readonly rules: TableRules;
  private readonly map: MapRow;
  private readonly tally: CategoryTally;
  private readonly judge: StructureJudge;
  private readonly returns: ReturnCheck;
  private readonly read = new Set<string>();
  private rows = 0;
  private filtered = 0;
  private template: Row | undefined;

  constructor(context: CheckContext, source: TableInfo) {
    this.context = context;
    this.source = source;
    this.rules = context.source.rules.get(source.name) as TableRules;
    this.map = context.maps[source.name] as MapRow;
    this.tally = new CategoryTally(source, context.mapping.categories?.[source.name]);
    this.findings = new TableFindings(this.tally);
    this.judge = new StructureJudge(context.target);
    this.returns = new ReturnCheck(context, source, this.findings);
  }

  async take(page: readonly Row[]): Promise<void> {
    const isFirst = this.rows === 0;
    this.rows += page.length;
    for (const row of page) this.tally.see(row);
    const mapped = page.flatMap((row) => this.mapOne(row));
    // A clock read by the mapping has moved when it is asked again.
    await sleep(2);
    for (const { row, targets } of mapped) {
      this.impure(probeAgain(this.map, row, targets, this.read), row);
      if (isFirst) this.impure(probeClock(this.map, row, targets), row);
    }
    const fitting = mapped.filter((one) => this.fits(one));
    await this.keep(fitting);
    for (const { row, targets, images } of fitting) this.returns.check(row, targets, images);
    this.template ??= fitting[0]?.row;
  }

  finish(isComplete: boolean): TableCheck {
    for (const [column, { members }] of this.rules.columns) this.tryUnseen(column, members);
    const { untouched, lossy } = this.returns.finish(this.read, this.rows - this.filtered, isComplete);
    const { rows, filtered } = this;
    return { table: this.source.name, rows, filtered, untouched, lossy, findings: this.findings.report() };
  }

  private mapOne(row: Row): MappedRow[] {
    const probed = probe(this.map, row);
    if ('impurity' in probed) {
      this.impure(probed.impurity, row);
      return [];
    }
    if (probed.targets.length === 0) this.filtered += 1;
    return [{ row, targets: probed.targets, images: [] }];
  }

  private impure(impurity: Impurity | undefined, row: Row): void {
    if (!impurity) return;
    const { kind, message } = impurity;
    const fix = kind === 'mutates' || kind === 'unstable' || kind === 'clock' ? PURE : TOTAL;
    this.add({ kind, subject: this.source.name, message: `the mapping of ${this.source.name} ${message}`, fix }, row);
  }

  private fits({ row, targets }: MappedRow): boolean {
    const misfits = targets.flatMap((target) => this.judge.judge(target));
    for (const misfit of misfits) this.misfit(misfit, row);
    return !misfits.some(({ kind }) => kind === 'structure');
  }

  private misfit({ kind, subject, message, fix }: Misfit, row: Row): void {
    this.add({ kind, subject, message, fix }, row);
  }

  /** Lets the server keep the target rows, table by table, and finds what it does not keep. */
  private async keep(mapped: readonly MappedRow[]): Promise<void> {
    const { scratch, target } = this.context;
    if (!scratch) return mapped.forEach(takeAsGiven);
    const places = new Map<string, { one: MappedRow; index: number }[]>();
    for (const one of mapped)
      for (const [index, { table }] of one.targets.entries()) {
        const list = places.get(table);
        if (list) list.push({ one, index });
        else places.set(table, [{ one, index }]);
      }
    for (const [name, list] of places) {
      const table = target.tables.get(name) as TableInfo;
      const stored = await scratch.keep(
        name,
        list.map(({ one, index }) => one.targets[index] as TargetRow),
      );
      for (const [i, { one, index }] of list.entries()) {
        const kept = stored[i];
        if (kept?.kind === 'stored') this.compareKept(table, one, index, kept.image);
        else this.refused(name, kept?.reason ?? 'is not kept', one.row);
      }
    }
  }

  private compareKept(table: TableInfo, { row, targets, images }: MappedRow, index: number, image: Row): void {
    const wrong = notKept(table, targets[index] as TargetRow, image);
    for (const { column, reason } of wrong) this.refused(`${table.name}.${column.name}`, reason, row);
    if (wrong.length === 0) images[index] = image;
  }

  private refused(subject: string, message: string, row: Row): void {
    const fix = 'widen the column, or let mapping.ts give a value it holds';
    this.add({ kind: 'refused', subject, message, fix }, row);
  }

  /** A member of an ENUM that no row holds today may be written tomorrow, and would stop the stream. */
  private tryUnseen(column: string, members: readonly string[]): void {
    const { template, tally } = this;
    if (!template || !tally.columns.includes(column)) return;
    const seen = new Set<Value>(tally.seen(column));
    for (const member of members.filter((name) => !seen.has(name))) {
      const probed = probe(this.map, { ...template, [column]: member });
      if (!('impurity' in probed)) continue;
      this.findings.state({
        severity: 'warning',
        kind: 'unseen',
        subject: `${this.source.name}.${column}`,
        message: `may hold '${member}', which no row holds now and the mapping does not take`,
        blocksRollback: this.context.direction === 'reverse',
        fix: TOTAL,
      });
    }
  }

  private add(facts: Pick<MappingFinding, 'kind' | 'subject' | 'message' | 'fix'>, row: Row): void {
    this.findings.add({ severity: 'problem', blocksRollback: this.context.direction === 'reverse', ...facts }, row);
  }
}

function takeAsGiven({ targets, images }: MappedRow): void {
  for (const [i, { key, columns }] of targets.entries()) images[i] = { ...key, ...columns };
}
