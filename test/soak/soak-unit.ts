import {
  createBinlogChangeSource,
  createStream,
  defineMapping,
  type NamedPoint,
  type Stream,
} from '../../cdc/index.ts';
import { silentLog } from '../../shared/index.ts';

/** Rows that change in every way, and rows that are only ever inserted. */
export const sourceDdl = `
  CREATE DATABASE old; USE old;
  CREATE TABLE account (
    id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, email VARCHAR(40) NULL UNIQUE,
    balance DECIMAL(12,2) NOT NULL DEFAULT 0.00
  ) ENGINE=InnoDB;
  CREATE TABLE entry (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, account BIGINT NOT NULL, token VARCHAR(60) NOT NULL
  ) ENGINE=InnoDB;`;

/** An entry that is written twice, whatever becomes of the second attempt, is in the audit twice. */
export const targetDdl = `
  CREATE DATABASE fresh; USE fresh;
  CREATE TABLE person (id BIGINT NOT NULL PRIMARY KEY, label VARCHAR(60) NOT NULL, email VARCHAR(40) NULL UNIQUE) ENGINE=InnoDB;
  CREATE TABLE money (person_id BIGINT NOT NULL PRIMARY KEY, cents BIGINT NOT NULL) ENGINE=InnoDB;
  CREATE TABLE ledger (id BIGINT NOT NULL PRIMARY KEY, person_id BIGINT NOT NULL, token VARCHAR(60) NOT NULL) ENGINE=InnoDB;
  CREATE TABLE audit (n BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, ledger_id BIGINT NOT NULL) ENGINE=InnoDB;
  CREATE TRIGGER ledger_audit BEFORE INSERT ON ledger FOR EACH ROW INSERT INTO audit (ledger_id) VALUES (NEW.id);`;

/** The target's tables, and what the source's rows should have become, as SQL of their own. */
export const comparisons = [
  ['SELECT id, name, email FROM old.account', 'SELECT id, label, email FROM fresh.person'],
  ['SELECT id, CAST(balance * 100 AS SIGNED) FROM old.account', 'SELECT person_id, cents FROM fresh.money'],
  ['SELECT id, account, token FROM old.entry', 'SELECT id, person_id, token FROM fresh.ledger'],
  ['SELECT id FROM old.entry', 'SELECT ledger_id FROM fresh.audit'],
] as const;

const mapping = defineMapping({
  version: 1,
  forward: {
    account: ({ id = null, name = null, email = null, balance = null }) => [
      { table: 'person', key: { id }, columns: { label: name, email } },
      { table: 'money', key: { person_id: id }, columns: { cents: String(balance).replace('.', '') } },
    ],
    entry: ({ id = null, account = null, token = null }) => [
      { table: 'ledger', key: { id }, columns: { person_id: account, token } },
    ],
  },
  inverse: {},
});

/** Small batches and pieces, so that every kind of moment comes often. */
export function createSoakStream(
  urls: { readonly source: string; readonly target: string },
  at: (point: NamedPoint) => void = () => undefined,
): Stream {
  const from = { databaseUrl: urls.source, schema: 'old', tables: ['account', 'entry'] };
  return createStream({
    name: 'soak',
    unit: 'soak',
    source: createBinlogChangeSource({ ...from, log: silentLog, pieceBytes: 20_000 }),
    sourceUrl: urls.source,
    sourceSchema: 'old',
    targetUrl: urls.target,
    targetSchema: 'fresh',
    targetTables: ['person', 'money', 'ledger'],
    targetSide: 'service',
    maps: mapping.forward,
    mappingVersion: 1,
    ownDomain: 7701,
    skipDomain: 7702,
    snapshot: true,
    batch: { changes: 40, bytes: 20_000 },
    log: silentLog,
    at,
  });
}
