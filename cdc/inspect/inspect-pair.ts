import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { judged, rowsOf, type CheckItem } from './check-item.ts';
import { readVariables } from './inspect-server.ts';

const MAX_SKEW_MS = 1000;

/** What must fit between the two servers, and between them and this machine. */
export async function inspectPair(source: Connection, target: Connection): Promise<CheckItem[]> {
  const [from, to] = await Promise.all([readVariables(source), readVariables(target)]);
  return [serverIds(from, to), packets(from, to), ...(await clocks(source, target))];
}

type Variables = ReadonlyMap<string, string>;

/** One server may hold both sides; two servers with one number would each take the other's events for their own. */
function serverIds(source: Variables, target: Variables): CheckItem {
  const [a, b] = [source.get('server_id') ?? '', target.get('server_id') ?? ''];
  const isOneServer = identity(source) === identity(target);
  return judged(isOneServer || a !== b, 'problem', {
    subject: 'server_id of source and target',
    value: isOneServer ? `${a}, one server` : `${a} and ${b}`,
    expected: 'another number on each server',
    fix: 'SET GLOBAL server_id=<another number> on one of them, and in its option file',
  });
}

function identity(variables: Variables): string {
  return variables.get('server_uid') ?? `${variables.get('hostname')}:${variables.get('port')}`;
}

function packets(source: Variables, target: Variables): CheckItem {
  const [a, b] = [Number(source.get('max_allowed_packet')), Number(target.get('max_allowed_packet'))];
  return judged(b >= a, 'problem', {
    subject: 'target max_allowed_packet',
    value: String(b),
    expected: `at least ${a}, the source's: a row must fit`,
    fix: `SET GLOBAL max_allowed_packet=${a}`,
  });
}

async function clocks(source: Connection, target: Connection): Promise<CheckItem[]> {
  const [a, b] = [await skewMs(source), await skewMs(target)];
  const item = (subject: string, ms: number): CheckItem =>
    judged(Math.abs(ms) <= MAX_SKEW_MS, 'warning', {
      subject,
      value: `${Math.round(ms)} ms`,
      expected: `within ${MAX_SKEW_MS} ms: lag in seconds is a difference of clocks; order never is`,
      fix: 'run NTP on both machines',
    });
  return [
    item('clock of the source against this machine', a),
    item('clock of the target against this machine', b),
    item('clock of the source against the target', a - b),
  ];
}

/** How far the server's clock is ahead of ours, less half the round trip. */
async function skewMs(connection: Connection): Promise<number> {
  const before = Date.now();
  const rows: RowDataPacket[] = await rowsOf(connection, 'SELECT UNIX_TIMESTAMP(NOW(6)) * 1000 AS ms');
  return Number(rows[0]?.['ms']) - (before + Date.now()) / 2;
}
