import type { PoolConnection, RowDataPacket } from '../../shared/index.ts';
import { parseJson, type ControlDatabase } from '../control/control-database.ts';
import { cutoverErrors } from '../errors.ts';
import { hashOf } from './chain.ts';
import type { JournalEnd, JournalEntry, JournalLine } from './journal-entry.ts';

const PAGE = 500;

/** The journal in the control database. Lines are added here alone, one after the other, each with the hash of the last. */
export class Journal {
  readonly #database: ControlDatabase;

  constructor(database: ControlDatabase) {
    this.#database = database;
  }

  async append(line: JournalLine): Promise<JournalEntry> {
    return this.#database.transaction((connection) => appendTo(connection, line));
  }

  /** Newest last. */
  async list(options: { unit?: string; limit?: number } = {}): Promise<JournalEntry[]> {
    const { unit, limit = 50 } = options;
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT * FROM banyan.journal ${unit ? 'WHERE unit = ?' : ''} ORDER BY id DESC LIMIT ?`,
      unit ? [unit, limit] : [limit],
    );
    return rows.map(toEntry).toReversed();
  }

  /** The lines of one action since an epoch, oldest first. */
  async since(unit: string, action: string, epoch: number): Promise<JournalEntry[]> {
    const rows = await this.#database.query<RowDataPacket[]>(
      'SELECT * FROM banyan.journal WHERE unit = ? AND action = ? AND epoch >= ? ORDER BY id',
      [unit, action, epoch],
    );
    return rows.map(toEntry);
  }

  /** The lines of a unit from the newest of one action on, oldest first; none when there is no such line. */
  async sinceLast(unit: string, action: string): Promise<JournalEntry[]> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT * FROM banyan.journal WHERE unit = ?
         AND id >= (SELECT MAX(id) FROM banyan.journal WHERE unit = ? AND action = ?) ORDER BY id`,
      [unit, unit, action],
    );
    return rows.map(toEntry);
  }

  /** The epoch at which the unit came to the stage and rung it is at; 0 when it never moved. */
  async stageSince(unit: string): Promise<number> {
    const [row] = await this.#database.query<RowDataPacket[]>(
      `SELECT MAX(epoch) AS since FROM banyan.journal WHERE unit = ?
         AND JSON_EXTRACT(before_state, '$.stage') <> JSON_EXTRACT(after_state, '$.stage')`,
      [unit],
    );
    return Number(row?.['since'] ?? 0);
  }

  /** The line by which the unit came to the stage and rung it is at; undefined when it never moved. */
  async stageLine(unit: string): Promise<JournalEntry | undefined> {
    const rows = await this.#database.query<RowDataPacket[]>(
      'SELECT * FROM banyan.journal WHERE unit = ? AND epoch = ? ORDER BY id LIMIT 1',
      [unit, await this.stageSince(unit)],
    );
    return rows.map(toEntry)[0];
  }

  /** Every line of one moment, oldest first; answers the end as its writers kept it, unless that is lost. */
  async readAll(visit: (entry: JournalEntry) => void): Promise<JournalEnd | undefined> {
    return this.#database.view(async (connection) => {
      for (let after = 0, more = true; more;) {
        const rows = await page(connection, after);
        for (const row of rows) visit(toEntry(row));
        after = Number(rows.at(-1)?.['id'] ?? after);
        more = rows.length === PAGE;
      }
      return readEnd(connection);
    });
  }
}

async function page(connection: PoolConnection, after: number): Promise<RowDataPacket[]> {
  const sql = 'SELECT * FROM banyan.journal WHERE id > ? ORDER BY id LIMIT ?';
  return (await connection.query<RowDataPacket[]>(sql, [after, PAGE]))[0];
}

async function readEnd(connection: PoolConnection): Promise<JournalEnd | undefined> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT id, hash FROM banyan.journal_end');
  return row && { id: Number(row['id']), hash: String(row['hash']) };
}

/**
 * Adds a line within the transaction of what it tells of. The row of the end is locked until that transaction ends, so
 * that two writers can never follow the same line; the unique key on `previous_hash` says the same once more.
 */
export async function appendTo(connection: PoolConnection, line: JournalLine): Promise<JournalEntry> {
  if (!line.reason.trim())
    throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for ${line.action} of ${line.unit}` });
  const [[end]] = await connection.query<RowDataPacket[]>(
    'SELECT id, hash, UTC_TIMESTAMP(3) AS at FROM banyan.journal_end FOR UPDATE',
  );
  if (!end) throw cutoverErrors.error('JOURNAL_END_LOST', { message: 'banyan.journal_end has no row' });
  const contents = {
    ...written(line),
    id: Number(end['id']) + 1,
    at: String(end['at']),
    previousHash: String(end['hash']),
  };
  const entry = { ...contents, hash: hashOf(contents) };
  await insert(connection, entry);
  await connection.query('UPDATE banyan.journal_end SET id = ?, hash = ?', [entry.id, entry.hash]);
  return entry;
}

/** As it will be read again: without undefined, and with nothing that UTF-8 cannot carry. */
function written(line: JournalLine): Omit<JournalEntry, 'id' | 'at' | 'previousHash' | 'hash'> {
  const { unit, epoch, before = null, after = null, detail = null, evidence = [] } = line;
  const values = JSON.parse(JSON.stringify({ before, after, detail, evidence })) as Pick<
    JournalEntry,
    'before' | 'after' | 'detail' | 'evidence'
  >;
  const [who = '', action = '', reason = ''] = [line.who, line.action, line.reason].map((text) => text.toWellFormed());
  return { unit, epoch, who, action, reason, ...values };
}

async function insert(connection: PoolConnection, entry: JournalEntry): Promise<void> {
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  await connection.query(
    `INSERT INTO banyan.journal (id, unit, epoch, at, who, action, reason, before_state, after_state, detail, evidence,
       previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      entry.id,
      entry.unit,
      entry.epoch,
      entry.at,
      entry.who,
      entry.action,
      entry.reason,
      json(entry.before),
      json(entry.after),
      json(entry.detail),
      entry.evidence.length > 0 ? JSON.stringify(entry.evidence) : null,
      entry.previousHash,
      entry.hash,
    ],
  );
}

export function toEntry(row: RowDataPacket): JournalEntry {
  const json = (key: string): unknown => (row[key] === null ? null : parseJson(row[key]));
  return {
    id: Number(row['id']),
    unit: String(row['unit']),
    epoch: Number(row['epoch']),
    at: String(row['at']),
    who: String(row['who']),
    action: String(row['action']),
    reason: String(row['reason']),
    before: json('before_state'),
    after: json('after_state'),
    detail: json('detail'),
    evidence: (json('evidence') ?? []) as readonly string[],
    previousHash: String(row['previous_hash']),
    hash: String(row['hash']),
  };
}
