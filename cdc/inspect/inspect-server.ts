import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { judged, ok, rowsOf, type CheckItem, type Verdict } from './check-item.ts';

const MIN_RETENTION_S = 24 * 3600;
/** Domains that mark what the streams write; whoever else writes in one of them is passed over. */
const STREAM_DOMAINS = new Set(['7701', '7702']);

interface Expectation {
  readonly variable: string;
  readonly isRight: (value: string) => boolean;
  readonly expected: string;
  readonly fix: string;
  readonly otherwise: Verdict;
}

const sourceExpectations: readonly Expectation[] = [
  setting('log_bin', isOn, 'ON', 'start the server with --log-bin'),
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
  setting(
    'gtid_domain_id',
    (v) => !STREAM_DOMAINS.has(v),
    'neither 7701 nor 7702: in these the streams write, and what is written there is not carried',
    'SET GLOBAL gtid_domain_id=0, then reconnect every client',
  ),
  setting(
    'gtid_strict_mode',
    isOn,
    'ON, so that a transaction cannot get a number twice',
    'SET GLOBAL gtid_strict_mode=ON',
    'warning',
  ),
  setting(
    'sync_binlog',
    (v) => v === '1',
    '1: else a crash of the server may lose what was carried already',
    'SET GLOBAL sync_binlog=1',
    'warning',
  ),
  setting(
    'innodb_flush_log_at_trx_commit',
    (v) => v === '1',
    '1: else a crash of the server may lose what was carried already',
    'SET GLOBAL innodb_flush_log_at_trx_commit=1',
    'warning',
  ),
];

/** A reverse stream will read the target's log one day. */
const targetExpectations: readonly Expectation[] = sourceExpectations.filter(
  ({ variable }) => variable !== 'binlog_expire_logs_seconds',
);

/** Checks the server behind a connection as the source of a stream, or as its target and the source of the way back. */
export async function inspectServer(connection: Connection, role: 'source' | 'target'): Promise<CheckItem[]> {
  const values = await readVariables(connection);
  const expectations = role === 'source' ? sourceExpectations : targetExpectations;
  const items = expectations.flatMap(({ variable, isRight, expected, fix, otherwise }) => {
    const value = values.get(variable);
    if (value === undefined) return [];
    return [
      judged(isRight(value), otherwise, { subject: `${role} ${variable}`, value: value || 'empty', expected, fix }),
    ];
  });
  return [
    ...items,
    mariaDb(role, values.get('version') ?? ''),
    ...(role === 'source' ? [...oldRetention(values), await replica(connection, values)] : [writable(values)]),
    await timeZone(connection, role),
    await domains(connection, role),
  ];
}

export async function readVariables(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GLOBAL VARIABLES');
  return new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}

/** Before MariaDB 10.6 the log is kept for whole days. */
function oldRetention(values: ReadonlyMap<string, string>): CheckItem[] {
  const days = values.get('expire_logs_days');
  if (days === undefined || values.has('binlog_expire_logs_seconds')) return [];
  const fix = 'SET GLOBAL expire_logs_days=7';
  const item = { subject: 'source expire_logs_days', value: days, expected: '0 or at least 1', fix };
  return [judged(Number(days) === 0 || Number(days) >= 1, 'problem', item)];
}

function mariaDb(role: string, version: string): CheckItem {
  const item = { subject: `${role} version`, value: version, expected: 'MariaDB 10.5 or newer' };
  return judged(/mariadb/i.test(version), 'problem', { ...item, fix: 'use the Kafka source for MySQL' });
}

function writable(values: ReadonlyMap<string, string>): CheckItem {
  const value = values.get('read_only') ?? 'OFF';
  const fix = 'SET GLOBAL read_only=OFF, or name the server that takes writes';
  return judged(!isOn(value), 'problem', { subject: 'target read_only', value, expected: 'OFF', fix });
}

/** What a replica copies from its master is in its own log only when told so. */
async function replica(connection: Connection, values: ReadonlyMap<string, string>): Promise<CheckItem> {
  const [row] = await rowsOf(connection, "SHOW GLOBAL STATUS LIKE 'Slaves_running'");
  const isReplica = Number(row?.['Value'] ?? 0) > 0;
  const logs = values.get('log_slave_updates') ?? 'OFF';
  const value = isReplica ? `a replica with log_slave_updates=${logs}` : 'no replica';
  const item = { subject: 'source replication', value, expected: 'no replica, or one with log_slave_updates=ON' };
  return judged(!isReplica || isOn(logs), 'problem', { ...item, fix: 'start the server with --log-slave-updates' });
}

/** TIMESTAMP is carried in UTC whatever the server's zone is; what may fail is the session's zone by number. */
async function timeZone(connection: Connection, role: string): Promise<CheckItem> {
  const subject = `${role} time_zone`;
  const expected = "settable to '+00:00' by a session";
  try {
    const [row] = await rowsOf(connection, 'SELECT @@GLOBAL.time_zone AS zone, @@system_time_zone AS host');
    await connection.query("SET SESSION time_zone='+00:00'");
    return ok(subject, `${String(row?.['zone'])} (host ${String(row?.['host'])})`, expected);
  } catch {
    return { verdict: 'problem', subject, value: 'fixed', expected, fix: 'allow clients to set time_zone' };
  }
}

/** Order holds inside a domain only; a position of several domains is a vector, and is treated as one. */
async function domains(connection: Connection, role: string): Promise<CheckItem> {
  const [row] = await rowsOf(connection, 'SELECT @@GLOBAL.gtid_binlog_pos AS position');
  const found = String(row?.['position'] ?? '')
    .split(',')
    .map((gtid) => gtid.split('-')[0] ?? '')
    .filter((domain) => domain !== '');
  const others = found.filter((domain) => !STREAM_DOMAINS.has(domain));
  const item = {
    subject: `${role} GTID domains`,
    value: found.join(', ') || 'none yet',
    expected: 'one for all applications: transactions of different domains have no order',
    fix: 'let every application write in one gtid_domain_id',
  };
  return judged(others.length <= 1, 'warning', item);
}

function setting(
  variable: string,
  isRight: (value: string) => boolean,
  expected: string,
  fix: string,
  otherwise: Verdict = 'problem',
): Expectation {
  return { variable, isRight, expected, fix, otherwise };
}

function isOn(value: string): boolean {
  return value === 'ON' || value === '1';
}
