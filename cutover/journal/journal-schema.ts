import type { PoolConnection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import { hashOf } from './chain.ts';
import { GENESIS, type JournalEnd } from './journal-entry.ts';
import { appendTo, toEntry } from './journal.ts';

const JOURNAL = `CREATE TABLE IF NOT EXISTS banyan.journal (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  unit VARCHAR(64) NOT NULL,
  epoch BIGINT UNSIGNED NOT NULL,
  at DATETIME(3) NOT NULL,
  who VARCHAR(128) NOT NULL,
  action VARCHAR(64) NOT NULL,
  reason TEXT NOT NULL,
  before_state JSON NULL,
  after_state JSON NULL,
  detail JSON NULL,
  evidence JSON NULL,
  previous_hash CHAR(64) NOT NULL,
  hash CHAR(64) NOT NULL,
  KEY journal_unit (unit, id),
  UNIQUE KEY journal_chain (previous_hash)
) ENGINE=InnoDB`;

/** One row: which line is the last. Without it nobody could tell that lines at the end are gone. */
const END = `CREATE TABLE IF NOT EXISTS banyan.journal_end (
  one TINYINT NOT NULL DEFAULT 1 PRIMARY KEY CHECK (one = 1),
  id BIGINT UNSIGNED NOT NULL,
  hash CHAR(64) NOT NULL
) ENGINE=InnoDB`;

const refusal = (text: string): string => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'banyan: ${text}'`;

const TRIGGERS = [
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_no_update BEFORE UPDATE ON banyan.journal FOR EACH ROW
    ${refusal('the journal is append-only')}`,
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_no_delete BEFORE DELETE ON banyan.journal FOR EACH ROW
    ${refusal('the journal is append-only')}`,
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_end_forwards BEFORE UPDATE ON banyan.journal_end FOR EACH ROW
    IF NEW.id <> OLD.id + 1 THEN ${refusal('the end of the journal moves by one line at a time')}; END IF`,
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_end_no_delete BEFORE DELETE ON banyan.journal_end FOR EACH ROW
    ${refusal('the end of the journal is kept')}`,
];

/**
 * Creates the journal. One of an earlier version, whose lines have no hashes, gets them: from then on it is a chain, and
 * its next line says so. Safe to repeat after a crash anywhere in it; the caller sees to it that nobody else is at it.
 */
export async function installJournal(connection: PoolConnection): Promise<void> {
  await connection.query(JOURNAL);
  await connection.query(END);
  const chained = await chainLines(connection);
  await restoreEnd(connection);
  for (const trigger of TRIGGERS) await connection.query(trigger);
  if (chained > 0) await note(connection, 'journal-chained', 'the lines so far had no hashes', { lines: chained });
}

/** Answers how many lines got a hash. While the columns may be empty the work is not finished. */
async function chainLines(connection: PoolConnection): Promise<number> {
  const isNullable = await nullable(connection);
  if (isNullable === false) return 0;
  if (isNullable === undefined)
    await connection.query(
      `ALTER TABLE banyan.journal ADD COLUMN evidence JSON NULL, ADD COLUMN previous_hash CHAR(64) NULL,
         ADD COLUMN hash CHAR(64) NULL`,
    );
  await connection.query('DROP TRIGGER IF EXISTS banyan.journal_no_update');
  const chained = await fillHashes(connection);
  await connection.query(
    `ALTER TABLE banyan.journal MODIFY id BIGINT UNSIGNED NOT NULL, MODIFY previous_hash CHAR(64) NOT NULL,
       MODIFY hash CHAR(64) NOT NULL, ADD UNIQUE KEY journal_chain (previous_hash)`,
  );
  return chained;
}

async function nullable(connection: PoolConnection): Promise<boolean | undefined> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    `SELECT is_nullable AS answer FROM information_schema.columns
     WHERE table_schema = 'banyan' AND table_name = 'journal' AND column_name = 'hash'`,
  );
  return row && row['answer'] === 'YES';
}

async function fillHashes(connection: PoolConnection): Promise<number> {
  await connection.query('START TRANSACTION');
  const [rows] = await connection.query<RowDataPacket[]>('SELECT * FROM banyan.journal ORDER BY id FOR UPDATE');
  let last: JournalEnd = { id: 0, hash: GENESIS };
  for (const row of rows) {
    const contents = { ...toEntry(row), previousHash: last.hash };
    last = { id: contents.id, hash: hashOf(contents) };
    const values = [contents.previousHash, last.hash, last.id];
    await connection.query('UPDATE banyan.journal SET previous_hash = ?, hash = ? WHERE id = ?', values);
  }
  await connection.query('REPLACE INTO banyan.journal_end (id, hash) VALUES (?, ?)', [last.id, last.hash]);
  await connection.commit();
  return rows.length;
}

/** A lost end is taken from the last line there is, and that is told: lines may be gone with it. */
async function restoreEnd(connection: PoolConnection): Promise<void> {
  const [{ affectedRows }] = await connection.query<ResultSetHeader>(
    `INSERT IGNORE INTO banyan.journal_end (id, hash)
     SELECT id, hash FROM banyan.journal ORDER BY id DESC LIMIT 1`,
  );
  await connection.query('INSERT IGNORE INTO banyan.journal_end (id, hash) VALUES (0, ?)', [GENESIS]);
  if (affectedRows > 0) await note(connection, 'journal-end-restored', 'the end of the journal was lost', null);
}

async function note(connection: PoolConnection, action: string, reason: string, detail: unknown): Promise<void> {
  await connection.query('START TRANSACTION');
  await appendTo(connection, { unit: '*', epoch: 0, who: 'banyan', action, reason, detail });
  await connection.commit();
}
