import type { TableMaps } from '../../cdc/index.ts';
import type {
  EffectColumns,
  EffectValue,
  EffectVerdict,
  Preparation,
  RehearsedWrite,
  RewindRow,
  TakenWrite,
} from '../../edge/index.ts';
import type { Row } from '../../cdc/index.ts';
import { systemClock, type Clock } from '../../shared/index.ts';
import { compareCalls } from './compare-calls.ts';
import { compareRows, type EffectTable } from './compare-rows.ts';
import type { ControlRow } from './control-rows.ts';
import type { EffectsPlan } from './effect-rule.ts';
import { EffectLedgers, type EffectLedger } from './effect-ledger.ts';
import type { EffectFinding } from './finding.ts';
import { findTransaction, isOvertaken } from './find-transaction.ts';
import type { RecentChanges } from './recent-changes.ts';

export interface UnitEffectsOptions {
  readonly maps: TableMaps;
  readonly plan: EffectsPlan;
  readonly recent: RecentChanges;
  /** The unit's tables of the service. */
  readonly readTables: () => Promise<ReadonlyMap<string, EffectTable>>;
  readonly clock?: Clock;
}

type Write = Omit<TakenWrite, 'unit'>;
type Rehearsed = Omit<RehearsedWrite, 'unit'>;

interface Open {
  readonly run: string;
  readonly startedAt: number;
  readonly id: string;
  readonly rows: readonly ControlRow[];
}

/** Preparations that have not been judged. */
const MAX_OPEN = 100;

/** Compares what the service would have written with what legacy's own transaction has, for one unit. */
export class UnitEffects {
  readonly #options: UnitEffectsOptions;
  readonly #open = new Map<string, Open>();
  readonly #ledgers = new EffectLedgers();
  #tables: Promise<ReadonlyMap<string, EffectTable>> | undefined;
  #tickets = 0;

  constructor(options: UnitEffectsOptions) {
    this.#options = options;
  }

  /** To be asked when everything up to the write is applied, and so was read here before. */
  prepare(write: Write): Preparation {
    const preparation = this.#prepare(write);
    if (preparation.kind !== 'found') this.#ledgers.of(write.run).add(write.route, preparation.kind);
    return preparation;
  }

  #prepare({ run, id, ageMs }: Write): Preparation {
    const { maps, recent } = this.#options;
    const startedAt = performance.now() - ageMs;
    const found = findTransaction(maps, recent.after(startedAt), id);
    if (found.kind !== 'found') return { kind: found.kind };
    const open = { ...found, run, startedAt };
    if (this.#isOvertaken(open)) return { kind: 'overtaken' };
    const ticket = String(++this.#tickets);
    this.#open.set(ticket, open);
    if (this.#open.size > MAX_OPEN) this.#open.delete(this.#open.keys().next().value ?? '');
    return { kind: 'found', ticket, rewind: found.rows.filter(isChanged).map(rewindRow) };
  }

  async judge(write: Rehearsed): Promise<EffectVerdict> {
    const open = this.#open.get(write.ticket);
    this.#open.delete(write.ticket);
    if (!open) return 'not-found';
    const findings = await this.#compare(open, write);
    const verdict = this.#isOvertaken(open) ? 'overtaken' : verdictOf(findings, write);
    this.#ledgers.of(open.run).add(write.route, verdict, verdict === 'different' ? findings : []);
    return verdict;
  }

  /** Of the last runs, since the process was started. */
  report(): EffectLedger[] {
    return this.#ledgers.report();
  }

  async #compare({ rows, startedAt }: Open, { route, control, candidate }: Rehearsed): Promise<EffectFinding[]> {
    const { plan, clock = systemClock } = this.#options;
    const lateMs = performance.now() - startedAt;
    const tables = await (this.#tables ??= this.#readTables());
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    const { effects, status } = candidate;
    const expected = plan.calls.filter((call) => call.route === route);
    return [
      ...(status === control.status ? [] : [{ kind: 'different-status' as const, path: 'status', count: 1 }]),
      ...compareRows(rows, effects.rows, { tables, rules: plan.rules, today, lateMs }),
      ...compareCalls(expected, effects.calls),
      ...effects.refused.map((path) => ({ kind: 'undeclared-call' as const, path, count: 1 })),
    ];
  }

  #readTables(): Promise<ReadonlyMap<string, EffectTable>> {
    return this.#options.readTables().catch((error: unknown) => {
      this.#tables = undefined;
      throw error;
    });
  }

  #isOvertaken(open: Open): boolean {
    const { maps, recent } = this.#options;
    return open.id !== '' && isOvertaken(maps, recent.after(open.startedAt), open);
  }
}

function verdictOf(findings: readonly EffectFinding[], { candidate }: Rehearsed): EffectVerdict {
  if (findings.length > 0) return 'different';
  return candidate.effects.unseen.length > 0 ? 'unsure' : 'equal';
}

function isChanged({ before, after }: ControlRow): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function rewindRow({ table, key, before }: ControlRow): RewindRow {
  return { table, key: columnsOf(key), columns: before && columnsOf(before) };
}

function columnsOf(row: Row): EffectColumns {
  const entries = Object.entries(row).map(([name, value]): [string, EffectValue] => {
    if (value === null) return [name, null];
    return [name, Buffer.isBuffer(value) ? { hex: value.toString('hex') } : String(value)];
  });
  return Object.fromEntries(entries);
}
