import { silentLog, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { readStreamRecord } from '../apply/bookkeeping.ts';
import { sendAll } from '../apply/packets.ts';
import { writeStatements } from '../apply/statements.ts';
import { TargetSession } from '../apply/target-session.ts';
import { readDerivations, sessionSetup } from '../derived/derived-tables.ts';
import { withDerived } from '../derived/recompute.ts';
import { cdcErrors } from '../errors.ts';
import { covers, formatPosition, type Position } from '../position.ts';
import { openConsistentView, type ConsistentView } from '../snapshot/source-snapshot.ts';
import { maskKey } from './mask-key.ts';
import type { Mismatch } from './mismatch.ts';
import { RepairPlan } from './repair-plan.ts';
import { readSideTables, type Sides, type SideTables } from './sides.ts';
import type { Finding } from './verification.ts';

export interface RepairOptions extends Omit<Sides, 'peer'> {
  /** The stream's name, the unit it belongs to, which side it writes to, and the mark of its own writes. */
  readonly name: string;
  readonly unit: string;
  readonly targetSide: 'legacy' | 'service';
  readonly ownDomain: number;
  /** Looks at everything, writes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** Why a row was not repaired. */
export type LeftReason = 'not of a kind that can be repaired' | 'parked' | 'no way back' | 'still wrong' | 'cancelled';

export interface Left {
  readonly kind: Finding['kind'];
  readonly table: string;
  readonly key: Finding['key'];
  readonly reason: LeftReason;
}

export interface Repair {
  readonly dryRun: boolean;
  /** Rows made as the mapping says; in a dry run, that would be. */
  readonly written: number;
  /** Rows removed because no source row yields them; in a dry run, that would be. */
  readonly removed: number;
  /** Rows that were right when their turn came. */
  readonly settled: number;
  /** Rows that were left as they are; all of them are counted, the first are named. */
  readonly notRepaired: number;
  readonly left: readonly Left[];
  readonly position: string;
}

const ROWS_AT_ONCE = 500;
const SHOWN = 100;
const CAN_BE_REPAIRED = new Set(['different', 'missing', 'extra']);

/**
 * Makes rows of the target what the mapping says of their source rows. The stream stands still for each few hundred of
 * them, so that none is in flight; each is compared once more before it is written and again afterwards, in the one
 * transaction that holds the stream's position row and the ownership row. Throws CDC_TARGET_OWNS_ROWS when the target is
 * the side that owns them, CDC_STREAM_TAKEN when another process applies.
 */
export async function repair(options: RepairOptions, mismatches: readonly Mismatch[]): Promise<Repair> {
  const tables = await readSideTables(options);
  const session = new TargetSession({
    url: options.targetUrl,
    domain: options.ownDomain,
    log: silentLog,
    setup: sessionSetup(readDerivations(options.derived, tables.target)),
  });
  try {
    const run = new RepairRun(options, tables, session);
    return await run.repairAll(mismatches);
  } finally {
    session.close();
  }
}

class RepairRun {
  private readonly options: RepairOptions;
  private readonly tables: SideTables;
  private readonly session: TargetSession;
  private readonly counts = { written: 0, removed: 0, settled: 0, notRepaired: 0 };
  private readonly left: Left[] = [];
  private position = '';

  constructor(options: RepairOptions, tables: SideTables, session: TargetSession) {
    this.options = options;
    this.tables = tables;
    this.session = session;
  }

  async repairAll(mismatches: readonly Mismatch[]): Promise<Repair> {
    const computed = this.options.derived ?? {};
    const canBe = ({ kind, table }: Mismatch): boolean => CAN_BE_REPAIRED.has(kind) && !(table in computed);
    for (const mismatch of mismatches) if (!canBe(mismatch)) this.leave(mismatch, 'not of a kind that can be repaired');
    // A row that took the place of another is removed before that one is written.
    const [extras, rows] = [mismatches.filter(isExtra), mismatches.filter((mismatch) => !isExtra(mismatch))];
    const work = [...extras, ...rows].filter(canBe);
    for (let i = 0; i < work.length; i += ROWS_AT_ONCE) await this.repairSome(work.slice(i, i + ROWS_AT_ONCE));
    const { counts, left, position } = this;
    return { dryRun: this.options.dryRun ?? false, ...counts, left, position };
  }

  private async repairSome(mismatches: readonly Mismatch[]): Promise<void> {
    const { stream, sourceUrl, signal } = this.options;
    if (signal?.aborted) return mismatches.forEach((mismatch) => this.leave(mismatch, 'cancelled'));
    let view: ConsistentView | undefined;
    try {
      await stream.standStillAt(
        async () => (view = await openConsistentView(sourceUrl)).position,
        () => this.inTransaction(view as ConsistentView, mismatches),
      );
    } finally {
      view?.close();
    }
  }

  private async inTransaction(view: ConsistentView, mismatches: readonly Mismatch[]): Promise<void> {
    const target = await this.session.open();
    this.position = formatPosition(view.position);
    try {
      await target.query('START TRANSACTION');
      await this.requireTurn(target, view.position);
      const plan = new RepairPlan(this.options, this.tables, view.connection, target);
      await plan.look(mismatches);
      if (!this.options.dryRun) await this.write(target, plan);
      const wrong = this.options.dryRun ? new Set<Mismatch>() : await plan.stillWrong();
      await target.query(this.options.dryRun ? 'ROLLBACK' : 'COMMIT');
      this.settle(plan, wrong);
    } catch (error) {
      this.session.close();
      throw error;
    }
  }

  /** The position row stays locked: nobody applies meanwhile. What it says must not be beyond where we stand. */
  private async requireTurn(target: Connection, position: Position): Promise<void> {
    const { name, unit, targetSide } = this.options;
    const record = await readStreamRecord(target, name, { settled: true });
    if (!record || record.state !== 'streaming' || !covers(position, record.position))
      throw cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} is applied by another process` });
    const [rows] = await target.query<RowDataPacket[]>(
      'SELECT owner FROM banyan.ownership WHERE unit = ? LOCK IN SHARE MODE',
      [unit],
    );
    if (rows[0]?.['owner'] !== targetSide) return;
    const message = `a repair of ${unit} would change rows that ${targetSide}, its target, owns`;
    throw cdcErrors.error('CDC_TARGET_OWNS_ROWS', { message });
  }

  private async write(target: Connection, plan: RepairPlan): Promise<void> {
    const { derived } = this.options;
    const { target: tables } = this.tables;
    const statements = writeStatements(plan.changes, tables);
    const derivations = readDerivations(derived, tables);
    const all = withDerived(derivations, plan.changes, tables, statements);
    await sendAll(target, all, { packetBytes: this.session.packetBytes, tables });
  }

  private settle(plan: RepairPlan, wrong: ReadonlySet<Mismatch>): void {
    this.counts.settled += plan.settled;
    for (const [mismatch, reason] of plan.left) this.leave(mismatch, reason);
    for (const mismatch of [...plan.writes, ...plan.removals]) {
      if (wrong.has(mismatch)) this.leave(mismatch, 'still wrong');
      else this.counts[isExtra(mismatch) ? 'removed' : 'written'] += 1;
    }
  }

  private leave({ kind, table, key }: Mismatch, reason: LeftReason): void {
    this.counts.notRepaired += 1;
    if (this.left.length < SHOWN) this.left.push({ kind, table, key: maskKey(key), reason });
  }
}

function isExtra({ kind }: Mismatch): boolean {
  return kind === 'extra';
}
