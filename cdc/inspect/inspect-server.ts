import type { Connection, Problem, RowDataPacket } from '../../shared/index.ts';

const MIN_RETENTION_S = 24 * 3600;

interface Expectation {
  readonly variable: string;
  readonly isRight: (value: string) => boolean;
  readonly expected: string;
  readonly fix: string;
}

const sourceExpectations: readonly Expectation[] = [
  setting('log_bin', (v) => isOn(v), 'ON', 'start the server with --log-bin'),
  setting('binlog_format', (v) => v === 'ROW', 'ROW', 'SET GLOBAL binlog_format=ROW, then reconnect every client'),
  setting('binlog_row_image', (v) => v === 'FULL', 'FULL', 'SET GLOBAL binlog_row_image=FULL'),
  setting('binlog_row_metadata', (v) => v === 'FULL', 'FULL', 'SET GLOBAL binlog_row_metadata=FULL'),
  setting('log_bin_compress', (v) => !isOn(v), 'OFF', 'SET GLOBAL log_bin_compress=OFF'),
  setting('server_id', (v) => Number(v) > 0, 'a number unique among replicas', 'SET GLOBAL server_id=<unique number>'),
  setting(
    'binlog_expire_logs_seconds',
    (v) => Number(v) === 0 || Number(v) >= MIN_RETENTION_S,
    `0 or at least ${MIN_RETENTION_S}`,
    'SET GLOBAL binlog_expire_logs_seconds=604800',
  ),
];

/** A reverse stream will read the target's log one day. */
const targetExpectations: readonly Expectation[] = sourceExpectations.filter(
  ({ variable }) => variable !== 'binlog_expire_logs_seconds',
);

/** Checks the server behind a connection as the source of a stream, or as its target and the source of the way back. */
export async function inspectServer(connection: Connection, role: 'source' | 'target'): Promise<Problem[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GLOBAL VARIABLES');
  const values = new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
  const expectations = role === 'source' ? sourceExpectations : targetExpectations;
  const problems = expectations.flatMap(({ variable, isRight, expected, fix }) => {
    const value = values.get(variable);
    if (value === undefined) return [];
    return isRight(value) ? [] : [{ subject: `${role} ${variable}`, value: value || 'empty', expected, fix }];
  });
  return [...problems, ...notMariaDb(role, values.get('version') ?? ''), ...(await timeZone(connection, role))];
}

function notMariaDb(role: string, version: string): Problem[] {
  if (/mariadb/i.test(version)) return [];
  const fix = 'use the Kafka source for MySQL';
  return [{ subject: `${role} version`, value: version, expected: 'MariaDB 10.5 or newer', fix }];
}

/** TIMESTAMP is carried in UTC whatever the server's zone is; what may fail is the session's zone by number. */
async function timeZone(connection: Connection, role: string): Promise<Problem[]> {
  try {
    await connection.query("SET SESSION time_zone='+00:00'");
    return [];
  } catch {
    const fix = 'allow clients to set time_zone';
    return [{ subject: `${role} time_zone`, value: 'fixed', expected: "settable to '+00:00' by a session", fix }];
  }
}

function setting(variable: string, isRight: (value: string) => boolean, expected: string, fix: string): Expectation {
  return { variable, isRight, expected, fix };
}

function isOn(value: string): boolean {
  return value === 'ON' || value === '1';
}
