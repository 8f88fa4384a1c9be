import { withoutExpired, type LedgerReport } from '../../edge/index.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase, parseJson } from '../control/control-database.ts';
import type { Term } from '../leader/term-fence.ts';
import type { RunEnd, RunRecord } from './run-record.ts';

/** Runs, and what each edge and each judge of writes has seen of them, in the control database. */
export class RunStore {
  readonly #database: ControlDatabase;

  constructor(pool: Pool, term?: Term) {
    this.#database = new ControlDatabase(pool, term);
  }

  /** False when the unit has a run of that name. */
  async add(run: RunRecord): Promise<boolean> {
    const { id, unit, name, startedAt, ...rest } = run;
    const result = await this.#database.change(
      'INSERT IGNORE INTO banyan.shadow_run (id, unit, name, started_at_ms, facts) VALUES (?, ?, ?, ?, ?)',
      [id, unit, name, startedAt, JSON.stringify(rest)],
    );
    return result.affectedRows === 1;
  }

  async end(id: string, endedAt: number, end: RunEnd): Promise<void> {
    await this.#database.change(
      'UPDATE banyan.shadow_run SET ended_at_ms = ?, end_reason = ? WHERE id = ? AND ended_at_ms IS NULL',
      [endedAt, end, id],
    );
  }

  /** Newest first. */
  async list(unit: string, limit: number): Promise<RunRecord[]> {
    const rows = await this.#database.query<RowDataPacket[]>(
      'SELECT * FROM banyan.shadow_run WHERE unit = ? ORDER BY started_at_ms DESC LIMIT ?',
      [unit, limit],
    );
    return rows.map(toRun);
  }

  async named(unit: string, name: string): Promise<RunRecord | undefined> {
    const rows = await this.#database.query<RowDataPacket[]>(
      'SELECT * FROM banyan.shadow_run WHERE unit = ? AND name = ?',
      [unit, name],
    );
    return rows.map(toRun)[0];
  }

  /** What an edge reports is cumulative: the last word of each ledger stays, without values whose time is over. */
  async keep(told: LedgerReport, nowMs: number): Promise<void> {
    const report = withoutExpired(told, nowMs);
    await this.#keepIn('shadow_ledger', report);
  }

  async keepEffects(ledger: EffectLedger): Promise<void> {
    await this.#keepIn('shadow_effects', ledger);
  }

  /** Takes sealed values out whose time is over, of every run there ever was. */
  async forgetValues(nowMs: number): Promise<void> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT report FROM banyan.shadow_ledger WHERE report LIKE '%"sealed":%'`,
    );
    for (const row of rows) {
      const told = parseJson(row['report']) as LedgerReport;
      const report = withoutExpired(told, nowMs);
      if (report === told) continue;
      await this.#database.change(
        'UPDATE banyan.shadow_ledger SET report = ? WHERE run = ? AND ledger = ? AND revision = ?',
        [JSON.stringify(report), report.run, report.ledger, report.revision],
      );
    }
  }

  async ledgers(run: string): Promise<LedgerReport[]> {
    return (await this.#toldOf('shadow_ledger', run)) as LedgerReport[];
  }

  async effects(run: string): Promise<EffectLedger[]> {
    return (await this.#toldOf('shadow_effects', run)) as EffectLedger[];
  }

  async #keepIn(table: LedgerTable, told: Pick<LedgerReport, 'run' | 'ledger' | 'revision'>): Promise<void> {
    await this.#database.change(
      `INSERT INTO banyan.${table} (run, ledger, revision, report) VALUES (?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE report = IF(VALUES(revision) > revision, VALUES(report), report),
         revision = GREATEST(revision, VALUES(revision))`,
      [told.run, told.ledger, told.revision, JSON.stringify(told)],
    );
  }

  async #toldOf(table: LedgerTable, run: string): Promise<unknown[]> {
    const rows = await this.#database.query<RowDataPacket[]>(`SELECT report FROM banyan.${table} WHERE run = ?`, [run]);
    return rows.map((row) => parseJson(row['report']));
  }
}

type LedgerTable = 'shadow_ledger' | 'shadow_effects';
type Facts = Omit<RunRecord, 'id' | 'unit' | 'name' | 'startedAt' | 'endedAt' | 'end'>;

function toRun(row: RowDataPacket): RunRecord {
  const facts = parseJson(row['facts']) as Facts;
  const ended = row['ended_at_ms'] === null ? undefined : Number(row['ended_at_ms']);
  return {
    id: String(row['id']),
    unit: String(row['unit']),
    name: String(row['name']),
    startedAt: Number(row['started_at_ms']),
    ...facts,
    ...(ended !== undefined && { endedAt: ended, end: String(row['end_reason']) as RunEnd }),
  };
}
