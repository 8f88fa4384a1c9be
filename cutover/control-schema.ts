import { RATE_LIMIT_TABLE } from '../edge/index.ts';
import type { Connection, Pool } from '../shared/index.ts';

/**
 * The control database. `unit` is the one place that says at which stage a unit is; `edge` names the edges that may be
 * carrying requests, `endpoint` who has registered as one; `journal` is append-only, which the database enforces itself.
 */
const statements = [
  `CREATE DATABASE IF NOT EXISTS banyan CHARACTER SET utf8mb4`,
  `CREATE TABLE IF NOT EXISTS banyan.unit (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    stage JSON NOT NULL,
    owner ENUM('legacy','service') NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    handover JSON NULL,
    plan_digest CHAR(64) NOT NULL,
    changed_at DATETIME(3) NOT NULL,
    changed_by VARCHAR(128) NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.journal (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    unit VARCHAR(64) NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    at DATETIME(3) NOT NULL,
    who VARCHAR(128) NOT NULL,
    action VARCHAR(64) NOT NULL,
    reason TEXT NOT NULL,
    before_state JSON NULL,
    after_state JSON NULL,
    detail JSON NULL,
    KEY journal_unit (unit, id)
  ) ENGINE=InnoDB`,
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
  RATE_LIMIT_TABLE,
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_no_update BEFORE UPDATE ON banyan.journal FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'banyan: the journal is append-only'`,
  `CREATE TRIGGER IF NOT EXISTS banyan.journal_no_delete BEFORE DELETE ON banyan.journal FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'banyan: the journal is append-only'`,
];

/** Creates what is missing; safe to run at every start. */
export async function installControlSchema(database: Connection | Pool): Promise<void> {
  for (const statement of statements) await database.query(statement);
}
