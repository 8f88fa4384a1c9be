import { messageOf, systemClock, type Clock, type Counter, type Log, type Registry } from '../../shared/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup, UnitRuntime } from '../unit/unit-runtime.ts';
import type { CallerStore, Look, Sighting, UnseenWrite } from './caller-store.ts';
import { registerCallerMetrics } from './caller-metrics.ts';
import { judgeWrites, type JudgeOptions } from './judge-writes.ts';
import type { SourceWritesReport, WriteGroup } from './source-writes.ts';

export interface CallerWatchParts {
  readonly runtimes: ReadonlyMap<string, UnitRuntime>;
  readonly edges: Pick<EdgeGroup, 'counts'>;
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly callers: CallerStore;
  readonly registry: Registry;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Who writes a unit's tables of legacy and is not known to the edges; travels as JSON. */
export interface UnseenCallers {
  readonly writes: readonly UnseenWrite[];
  /** Since when it is watched, and when it was looked at last (ISO 8601); absent before the first look. */
  readonly since?: string;
  readonly lookedAt?: string;
  /** Transactions that were read too late to be judged. */
  readonly unsure: number;
  /**
   * The share of this control process's looks at which no write of the unit was inside an edge. At the others a foreign
   * write could not be told from one through the edge.
   */
  readonly openPercent: number | null;
}

const LOOK_EVERY_MS = 2_000;
/** Writes of legacy's own routes may be in its log for so long after the service became the owner. */
const OWNED_FOR_MS = 120_000;

/** Compares what legacy's log says was written with when the edges let writes through, and keeps what they do not explain. */
export class CallerWatch {
  readonly #parts: CallerWatchParts;
  readonly #clock: Clock;
  readonly #counter: Counter;
  readonly #ownedSince = new Map<string, number>();
  readonly #looks = new Map<string, { open: number; all: number }>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: CallerWatchParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#counter = registerCallerMetrics(parts.registry);
    for (const [unit, { unit: declared }] of parts.runtimes)
      for (const table of declared.plan.dataOwnership.legacy.tables) this.#counter.inc({ unit, table }, 0);
  }

  start(everyMs = LOOK_EVERY_MS): void {
    this.#timer = setInterval(() => this.#lookAtAll(), everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async callersOf(unit: string): Promise<UnseenCallers> {
    const [writes, mark] = await Promise.all([this.#parts.callers.list(unit), this.#parts.callers.mark(unit)]);
    const looks = this.#looks.get(unit);
    return {
      writes,
      unsure: mark?.unsure ?? 0,
      openPercent: looks ? Math.floor((100 * looks.open) / looks.all) : null,
      ...(mark && { since: mark.since, lookedAt: mark.lookedAt }),
    };
  }

  /** One look at a unit; public for tests. */
  async look(unit: string): Promise<void> {
    const { runtimes, callers } = this.#parts;
    const runtime = runtimes.get(unit);
    if (!runtime || this.#parts.recordOf(unit)?.stage.name === 'retired') return;
    const [report, mark] = await Promise.all([runtime.sourceWrites(), callers.mark(unit)]);
    const since = mark?.run === report.run ? mark.judged : 0;
    const look = this.#judge(unit, report, since, runtime.unit.plan);
    await callers.keep(unit, look);
    for (const { table, transactions } of look.sightings) this.#counter.inc({ unit, table }, transactions);
    if (look.sightings.length > 0) this.#tell(unit, look.sightings);
  }

  #judge(unit: string, { run, groups }: SourceWritesReport, since: number, plan: Plan): Look {
    const writing = this.#parts.edges.counts(unit)?.writing;
    const options = { mayExplain: this.#mayExplain(unit), settleMs: settleMsOf(plan) };
    this.#countLook(unit, options, writing?.periods.some(([, until]) => until < LOOK_EVERY_MS) ?? true);
    const sightings: Sighting[] = [];
    let [judged, unsure] = [since, 0];
    for (const group of groups.filter(({ id }) => id > since)) {
      const verdict = judgeWrites(group, writing, options);
      if (verdict === 'later') break;
      judged = group.id;
      if (verdict === 'unsure') unsure += transactionsOf(group);
      if (verdict === 'unseen') sightings.push(...sightingsOf(group));
    }
    return { run, judged, unsure, sightings };
  }

  #countLook(unit: string, { mayExplain }: JudgeOptions, isBusy: boolean): void {
    const looks = this.#looks.get(unit) ?? { open: 0, all: 0 };
    looks.all++;
    if (!mayExplain || !isBusy) looks.open++;
    this.#looks.set(unit, looks);
  }

  /** Who owns the rows is learned here some time after it changed; so it counts only once it has been so for a while. */
  #mayExplain(unit: string): boolean {
    const record = this.#parts.recordOf(unit);
    const isOwned = record?.owner === 'service' && !record.handover;
    if (!isOwned) this.#ownedSince.delete(unit);
    else if (!this.#ownedSince.has(unit)) this.#ownedSince.set(unit, this.#clock.now());
    return this.#clock.now() - (this.#ownedSince.get(unit) ?? Number.POSITIVE_INFINITY) < OWNED_FOR_MS || !isOwned;
  }

  #lookAtAll(): void {
    this.#looking ??= this.#lookAtEach().finally(() => (this.#looking = undefined));
  }

  async #lookAtEach(): Promise<void> {
    for (const unit of this.#parts.runtimes.keys())
      await this.look(unit).catch((error: unknown) =>
        this.#parts.log.debug({ unit, problem: messageOf(error) }, 'nobody tells what was written to legacy'),
      );
  }

  #tell(unit: string, sightings: readonly Sighting[]): void {
    const tables = [...new Set(sightings.map(({ table }) => table))];
    this.#parts.log.warn({ unit, tables }, 'legacy was written to by somebody who did not come through an edge');
  }
}

function settleMsOf({ apis }: Plan): number {
  return Math.max(0, ...apis.map(({ settleMs = 0 }) => settleMs));
}

function sightingsOf({ tables, users, agoMs }: WriteGroup): Sighting[] {
  return Object.entries(tables).map(([table, transactions]) => ({ table, users, transactions, agoMs }));
}

function transactionsOf({ tables }: WriteGroup): number {
  return Math.max(0, ...Object.values(tables));
}
