import type { Row } from '../change-event.ts';
import { openView } from '../snapshot/source-snapshot.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { Comparer, keyReader } from './compare.ts';
import { confirmSuspects } from './confirm.ts';
import { compareDerived } from './derived-rows.ts';
import type { Live } from './live.ts';
import { keyOf, type Mismatch } from './mismatch.ts';
import type { PassLog } from './pass-log.ts';
import type { SideTables } from './sides.ts';
import { Suspects, type Suspect } from './suspects.ts';
import { findHeadroom, findOrphans } from './target-checks.ts';
import type { ContinuousOptions } from './verify-continuously.ts';
import { WayBack } from './way-back.ts';

export interface ChunkCheckOptions {
  readonly verify: ContinuousOptions;
  readonly tables: SideTables;
  readonly live: Live;
  /** Of the pass under way. */
  readonly log: () => PassLog;
}

const SETTLE_BUDGET_MS = 60_000;
/** More suspects than this are settled before the walk goes on. */
const SUSPECTS = 5_000;

/** Compares chunks as they are at the moment, and follows up what differs. */
export class ChunkCheck {
  readonly wayBack: WayBack;
  private readonly options: ChunkCheckOptions;
  private readonly comparer: Comparer;
  private readonly suspects: Suspects;
  private mismatches: Mismatch[] = [];

  constructor(options: ChunkCheckOptions) {
    const { verify, tables, live } = options;
    const { maps, inverse, back = inverse ?? {}, signal, settleBudgetMs: budgetMs = SETTLE_BUDGET_MS } = verify;
    this.options = options;
    this.wayBack = new WayBack({ maps, back, sources: tables.source });
    this.comparer = new Comparer({
      maps,
      targetTables: tables.target,
      target: () => live.target,
      ...(inverse && { inverse }),
      onMismatch: (mismatch) => this.mismatches.push(mismatch),
    });
    this.suspects = new Suspects({
      live,
      budgetMs,
      stream: verify.stream,
      wrongOf: (table, images) => this.wrongOf(table, images),
      sourceless: (table, rows) => this.sourceless(table, rows),
      confirm: (suspects) => this.confirm(suspects),
      leaveOut: ({ table, key, at }, reason) => options.log().leaveOut(table.name, key, reason, at),
      ...(signal && { signal }),
    });
  }

  get isSettled(): boolean {
    return this.suspects.size === 0;
  }

  get yields(): Map<string, Set<string>> {
    return this.comparer.yields;
  }

  set yields(yields: Map<string, Set<string>>) {
    this.comparer.yields = yields;
  }

  async rows(table: TableInfo, page: readonly Row[]): Promise<void> {
    const log = this.options.log();
    this.mismatches = [];
    log.compared += (await this.comparer.comparePage(table, page)).length;
    for (const mismatch of this.mismatches) if (!mismatch.source) log.add(mismatch, log.walked);
    await this.suspectRows(table, page, this.mismatches);
    await this.followUp();
  }

  async extras(table: TableInfo, page: readonly Row[]): Promise<void> {
    const { live, log } = this.options;
    const without = await this.sourceless(table, page);
    if (without.length > 0) {
      const position = await live.head();
      const at = log().walked;
      this.suspects.add(without.map((row) => ({ kind: 'extra', table, key: keyOf(table.key, row), position, at })));
    }
    await this.followUp();
  }

  /** Settles what is left and looks at what only the target can tell. */
  async finish(): Promise<void> {
    const { verify, tables, live } = this.options;
    await this.suspects.settleAll();
    if (verify.signal?.aborted) return;
    const log = this.options.log();
    const add = (mismatch: Mismatch): void => log.add(mismatch, log.walked);
    await findHeadroom(live, tables.source, tables.target, this.yields, add, () => this.hasCaughtUp());
    const before = await this.lookAtTarget();
    // The source itself may have been without a parent for the length of a transaction: only what stays counts.
    const stays = before.length > 0 && (await this.hasCaughtUp()) ? (await this.lookAtTarget()).map(placeOf) : [];
    for (const mismatch of before) if (stays.includes(placeOf(mismatch))) add(mismatch);
  }

  /** What can be told from one view of the target alone. */
  private async lookAtTarget(): Promise<readonly Mismatch[]> {
    const { verify, tables } = this.options;
    const found: Mismatch[] = [];
    const view = await openView(verify.targetUrl);
    try {
      await findOrphans(view, tables.target, (mismatch) => found.push(mismatch));
      await compareDerived(view, tables, verify.derived, (mismatch) => found.push(mismatch));
    } finally {
      view.destroy();
    }
    return found;
  }

  /** Waits until the stream has passed what the source holds now. */
  private async hasCaughtUp(): Promise<boolean> {
    const { live, verify } = this.options;
    const { signal, settleBudgetMs: budgetMs = SETTLE_BUDGET_MS } = verify;
    return verify.stream.waitFor(await live.head(), { budgetMs, ...(signal && { signal }) });
  }

  private async followUp(): Promise<void> {
    await this.suspects.settleDue();
    if (this.suspects.size > SUSPECTS) await this.suspects.settleAll();
  }

  private async suspectRows(table: TableInfo, page: readonly Row[], mismatches: readonly Mismatch[]): Promise<void> {
    const keys = sourceKeysOf(mismatches);
    if (keys.length === 0) return;
    const { live, log } = this.options;
    const position = await live.head();
    const read = keyReader(table, table.key);
    const idOf = (row: Row): string | number => read(table.key.map((name) => row[name] ?? null));
    const images = new Map(page.map((row) => [idOf(row), row]));
    const suspects = new Map<string | number, Suspect>();
    for (const key of keys) {
      const image = images.get(idOf(key));
      if (image) suspects.set(idOf(key), { kind: 'row', table, key, image, position, rounds: 0, at: log().walked });
    }
    this.suspects.add([...suspects.values()]);
  }

  private async wrongOf(table: TableInfo, images: readonly Row[]): Promise<readonly Row[]> {
    this.mismatches = [];
    await this.comparer.comparePage(table, images);
    return sourceKeysOf(this.mismatches);
  }

  private async sourceless(table: TableInfo, rows: readonly Row[]): Promise<readonly Row[]> {
    const { without, unknown } = await this.wayBack.withoutSource(this.options.live.source, table, rows);
    return [...without, ...unknown];
  }

  private confirm(suspects: readonly Suspect[]): Promise<void> {
    const { verify, tables, log } = this.options;
    const { wayBack } = this;
    const options = { sides: verify, stream: verify.run?.name, tables, wayBack, yields: () => this.yields };
    return confirmSuspects(options, suspects, log());
  }
}

function sourceKeysOf(mismatches: readonly Mismatch[]): readonly Row[] {
  return mismatches.flatMap(({ source }) => (source ? [source.key] : []));
}

function placeOf({ kind, table, key }: Mismatch): string {
  return `${kind} ${table} ${Object.values(key).map(String).join()}`;
}
