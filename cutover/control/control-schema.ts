import { RATE_LIMIT_TABLE } from '../../edge/index.ts';
import type { Pool } from '../../shared/index.ts';
import { callerTables } from '../callers/caller-store.ts';
import { legacyUseTables } from '../retirement/legacy-use.ts';
import { installJournal } from '../journal/journal-schema.ts';
import { LEADER_ROW, LEADER_TABLE } from '../leader/leader-lease.ts';

/**
 * The control database. `unit` is the one place that says at which stage a unit is; `edge` names the edges that may be
 * carrying requests, `endpoint` who has registered as one, `leader` which control process changes the others; the journal
 * has a file of its own.
 */
const statements = [
  `CREATE DATABASE IF NOT EXISTS banyan CHARACTER SET utf8mb4`,
  `CREATE TABLE IF NOT EXISTS banyan.unit (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    stage JSON NOT NULL,
    owner ENUM('legacy','service') NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    handover JSON NULL,
    brownout JSON NULL,
    plan_digest CHAR(64) NOT NULL,
    changed_at DATETIME(3) NOT NULL,
    changed_by VARCHAR(128) NOT NULL,
    cohorts JSON NULL
  ) ENGINE=InnoDB`,
  `ALTER TABLE banyan.unit ADD COLUMN IF NOT EXISTS brownout JSON NULL AFTER handover`,
  `ALTER TABLE banyan.unit ADD COLUMN IF NOT EXISTS cohorts JSON NULL`,
  `CREATE TABLE IF NOT EXISTS banyan.edge (
    name VARCHAR(190) NOT NULL PRIMARY KEY,
    incarnation CHAR(36) NOT NULL,
    address VARCHAR(255) NOT NULL,
    registered_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.endpoint (
    target VARCHAR(64) NOT NULL,
    url VARCHAR(255) NOT NULL,
    weight SMALLINT UNSIGNED NOT NULL,
    registered_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    PRIMARY KEY (target, url)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.verification (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    unit VARCHAR(64) NOT NULL,
    direction ENUM('forward','reverse') NOT NULL,
    at DATETIME(3) NOT NULL,
    result JSON NOT NULL,
    KEY verification_unit (unit, direction, id)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.shadow_run (
    id CHAR(36) NOT NULL PRIMARY KEY,
    unit VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    started_at_ms BIGINT UNSIGNED NOT NULL,
    ended_at_ms BIGINT UNSIGNED NULL,
    end_reason VARCHAR(32) NULL,
    facts JSON NOT NULL,
    UNIQUE KEY shadow_run_name (unit, name)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.shadow_ledger (
    run CHAR(36) NOT NULL,
    ledger CHAR(36) NOT NULL,
    revision BIGINT UNSIGNED NOT NULL,
    report JSON NOT NULL,
    PRIMARY KEY (run, ledger)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.shadow_effects (
    run CHAR(36) NOT NULL,
    ledger CHAR(36) NOT NULL,
    revision BIGINT UNSIGNED NOT NULL,
    report JSON NOT NULL,
    PRIMARY KEY (run, ledger)
  ) ENGINE=InnoDB`,
  ...callerTables,
  ...legacyUseTables,
  RATE_LIMIT_TABLE,
  LEADER_TABLE,
  LEADER_ROW,
];

const LOCK = 'banyan.control-schema';
/** For how long another process that starts at the same moment is waited for. */
const LOCK_S = 60;

/** Creates what is missing and brings what is older up to date; safe to run at every start, and by several at once. */
export async function installControlSchema(pool: Pool): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query('SELECT GET_LOCK(?, ?)', [LOCK, LOCK_S]);
    for (const statement of statements) await connection.query(statement);
    await installJournal(connection);
  } finally {
    await connection.query('DO RELEASE_LOCK(?)', [LOCK]);
    connection.release();
  }
}
