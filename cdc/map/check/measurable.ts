import { messageOf, type Connection } from '../../../shared/index.ts';
import { BOOKKEEPING_SCHEMA } from '../../apply/bookkeeping.ts';
import type { MappingFinding } from './findings.ts';

const UNKNOWN_SCHEMA = 1049;

/** Why no scratch table can be made on this connection; undefined when it can. Leaves nothing behind. */
export async function notMeasurable(connection: Connection): Promise<MappingFinding | undefined> {
  try {
    await connection.query(`CREATE TEMPORARY TABLE ${BOOKKEEPING_SCHEMA}.check_probe (a INT)`);
    await connection.query(`DROP TEMPORARY TABLE ${BOOKKEEPING_SCHEMA}.check_probe`);
    return undefined;
  } catch (error) {
    const isMissing = (error as { errno?: number }).errno === UNKNOWN_SCHEMA;
    const create = `CREATE DATABASE ${BOOKKEEPING_SCHEMA} CHARACTER SET utf8mb4`;
    return {
      severity: 'warning',
      kind: 'unmeasured',
      subject: 'target columns',
      message: `were not tried, for want of a temporary table: ${messageOf(error)}`,
      rows: 0,
      blocksRollback: false,
      fix: isMissing ? create : `GRANT CREATE TEMPORARY TABLES ON ${BOOKKEEPING_SCHEMA}.* TO this user`,
    };
  }
}
