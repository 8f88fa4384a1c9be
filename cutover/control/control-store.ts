import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase, parseJson } from './control-database.ts';
import { cutoverErrors } from '../errors.ts';
import type { JournalLine, JournalNote } from '../journal/journal-entry.ts';
import { appendTo, Journal } from '../journal/journal.ts';
import { describeBrownout, type BrownoutRecord } from '../retirement/brownout-schedule.ts';
import type { Term } from '../leader/term-fence.ts';
import { describeStage, type Stage } from '../stage.ts';
import type { Cohorts, HandoverMark, UnitRecord } from '../unit/unit-record.ts';
import { nextState, type UnitEvent } from '../unit/unit-transition.ts';

export interface StoredVerification {
  readonly direction: 'forward' | 'reverse';
  /** Of the rows looked at, how long ago the first one was. */
  readonly ageMs: number;
  readonly rows: number;
  readonly wrong: number;
  readonly result: Record<string, unknown>;
}

/** What the controller asks of the control database. */
export type UnitStore = Pick<
  ControlStore,
  'register' | 'read' | 'readAll' | 'change' | 'note' | 'saveVerification' | 'latestVerification'
> & { readonly journal: Pick<Journal, 'since' | 'stageSince' | 'stageLine'> };

/** The control database as the controller uses it. */
export class ControlStore {
  readonly #database: ControlDatabase;
  readonly journal: Journal;

  constructor(pool: Pool, term?: Term) {
    this.#database = new ControlDatabase(pool, term);
    this.journal = new Journal(this.#database);
  }

  /** Adds a unit at stage legacy when it is not known yet; answers its record either way. */
  async register(unit: string, planDigest: string): Promise<UnitRecord> {
    await this.#database.change(
      `INSERT IGNORE INTO banyan.unit (unit, stage, owner, epoch, plan_digest, changed_at, changed_by)
       VALUES (?, '{"name":"legacy"}', 'legacy', 1, ?, UTC_TIMESTAMP(3), 'banyan')`,
      [unit, planDigest],
    );
    return this.read(unit);
  }

  async read(unit: string): Promise<UnitRecord> {
    const rows = await this.#database.query<RowDataPacket[]>('SELECT * FROM banyan.unit WHERE unit = ?', [unit]);
    const row = rows[0];
    if (!row)
      throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${unit}" in the control database` });
    return toRecord(row);
  }

  async readAll(): Promise<UnitRecord[]> {
    const rows = await this.#database.query<RowDataPacket[]>('SELECT * FROM banyan.unit ORDER BY unit');
    return rows.map(toRecord);
  }

  /**
   * One event of {@link nextState} as a compare-and-set on the epoch, with its journal line in the same transaction.
   * Throws EPOCH_STALE, and changes nothing, when somebody else was faster; STAGE_REFUSED when there is no such event.
   */
  async change(before: UnitRecord, event: UnitEvent, note: JournalNote): Promise<UnitRecord> {
    const after = changed(before, event, note.who);
    await this.#database.transaction(async (connection) => {
      await this.#compareAndSet(connection, before, after);
      await appendTo(connection, lineOf(before, after, note));
    });
    return this.read(before.unit);
  }

  async #compareAndSet(connection: PoolConnection, before: UnitRecord, after: UnitRecord): Promise<void> {
    const [result] = await connection.query<ResultSetHeader>(
      `UPDATE banyan.unit SET stage = ?, owner = ?, epoch = ?, handover = ?, brownout = ?, cohorts = ?, plan_digest = ?,
         changed_at = UTC_TIMESTAMP(3), changed_by = ? WHERE unit = ? AND epoch = ?`,
      [
        JSON.stringify(after.stage),
        after.owner,
        after.epoch,
        after.handover ? JSON.stringify(after.handover) : null,
        after.brownout ? JSON.stringify(after.brownout) : null,
        after.cohorts ? JSON.stringify(after.cohorts) : null,
        after.planDigest,
        after.changedBy,
        before.unit,
        before.epoch,
      ],
    );
    if (result.affectedRows !== 1)
      throw cutoverErrors.error('EPOCH_STALE', { message: `${before.unit} is no longer at epoch ${before.epoch}` });
  }

  /** A journal line for something that changed no state: a refusal, a cancelled cutover, a dry run is not journalled. */
  async note(record: UnitRecord, note: JournalNote): Promise<void> {
    await this.journal.append(lineOf(record, record, note));
  }

  /** Which configuration was in force last. */
  async latestConfiguration(): Promise<{ readonly revision: number; readonly digest: string } | undefined> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT epoch, JSON_VALUE(after_state, '$.digest') AS digest FROM banyan.journal
       WHERE unit = '*' AND action = 'configuration' ORDER BY id DESC LIMIT 1`,
    );
    const row = rows[0];
    return row && { revision: Number(row['epoch']), digest: String(row['digest']) };
  }

  /** A journal line of its own: a configuration concerns all units. */
  async noteConfiguration(revision: number, digest: string, note: JournalNote): Promise<void> {
    await this.journal.append({ ...note, unit: '*', epoch: revision, after: { digest } });
  }

  async saveVerification(unit: string, direction: 'forward' | 'reverse', result: object): Promise<void> {
    await this.#database.change(
      'INSERT INTO banyan.verification (unit, direction, at, result) VALUES (?, ?, UTC_TIMESTAMP(3), ?)',
      [unit, direction, JSON.stringify(result)],
    );
  }

  async latestVerification(unit: string, direction: 'forward' | 'reverse'): Promise<StoredVerification | undefined> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT result, TIMESTAMPDIFF(MICROSECOND, at, UTC_TIMESTAMP(6)) DIV 1000 AS age_ms FROM banyan.verification
       WHERE unit = ? AND direction = ? ORDER BY id DESC LIMIT 20`,
      [unit, direction],
    );
    return mostTelling(rows.map((row) => toVerification(row, direction)));
  }
}

/**
 * The newest, unless all it says is that some rows could not be looked at (hot ones of a continuous run): then the newest
 * one that looked at everything.
 */
function mostTelling(newestFirst: readonly StoredVerification[]): StoredVerification | undefined {
  const [newest] = newestFirst;
  const isComplete = ({ result }: StoredVerification): boolean => !result['notVerified'];
  const before = newestFirst.find((stored) => stored.wrong > 0 || isComplete(stored));
  return before?.wrong === 0 && isComplete(before) ? before : newest;
}

function toVerification(row: RowDataPacket, direction: 'forward' | 'reverse'): StoredVerification {
  const result = parseJson(row['result']) as Record<string, unknown>;
  const oldestAgeMs = Number(result['oldestAgeMs'] ?? 0);
  return {
    direction,
    ageMs: Number(row['age_ms']) + oldestAgeMs,
    rows: Number(result['rows']),
    wrong: Number(result['wrong']),
    result,
  };
}

/** The record as an event leaves it. */
export function changed(before: UnitRecord, event: UnitEvent, who: string): UnitRecord {
  const { unit, planDigest, changedAt } = before;
  const result = nextState(before, event);
  if ('refused' in result)
    throw cutoverErrors.error('STAGE_REFUSED', {
      message: `${unit} stays at ${describeStage(before.stage)}: ${result.refused}`,
    });
  return { unit, planDigest, changedAt, changedBy: who, ...result.next };
}

function lineOf(before: UnitRecord, after: UnitRecord, note: JournalNote): JournalLine {
  return { ...note, unit: after.unit, epoch: after.epoch, before: stateOf(before), after: stateOf(after) };
}

function stateOf(record: UnitRecord): object {
  const { stage, owner, epoch, brownout, cohorts } = record;
  return {
    stage,
    owner,
    epoch,
    ...(brownout && { brownout: describeBrownout(brownout) }),
    ...(cohorts && { cohorts: sizesOf(cohorts) }),
  };
}

/** The journal is kept for ever: how many there are, and not who. */
function sizesOf(cohorts: Cohorts): Record<string, number> {
  return Object.fromEntries(Object.entries(cohorts).map(([name, keys]) => [name, keys.length]));
}

function toRecord(row: RowDataPacket): UnitRecord {
  const handover = row['handover'] === null ? undefined : (parseJson(row['handover']) as HandoverMark);
  return {
    unit: String(row['unit']),
    stage: parseJson(row['stage']) as Stage,
    owner: row['owner'] === 'service' ? 'service' : 'legacy',
    epoch: Number(row['epoch']),
    planDigest: String(row['plan_digest']),
    changedAt: String(row['changed_at']),
    changedBy: String(row['changed_by']),
    ...(handover ? { handover } : {}),
    ...(row['brownout'] === null ? {} : { brownout: parseJson(row['brownout']) as BrownoutRecord }),
    ...(row['cohorts'] === null ? {} : { cohorts: parseJson(row['cohorts']) as Cohorts }),
  };
}
