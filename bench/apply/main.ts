import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { formatPosition, installBookkeeping } from '../../cdc/index.ts';
import { migrateSchema } from '../../migrations/trips/schema/index.ts';
import { openConnection, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { runReplica } from './replica.ts';
import { serverCpuSeconds, serverRssMb } from './server-cpu.ts';
import { countRows, TARGET_TABLES, writeBacklog, type Backlog } from './workload.ts';

const USAGE = `npm run bench:apply [-- --json] [--changes N] [--rounds N] [--per-transaction N] [--durable false]

Drains a backlog of row changes (50 % insert, 40 % update, 10 % delete) of a real log into MariaDB.
banyan-binlog maps every row to two tables of another shape; the replica copies the rows as they are.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    changes: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    'per-transaction': { type: 'string', default: '4' },
    'one-by-one': { type: 'string', default: '2000' },
    durable: { type: 'string', default: 'true' },
  },
});

/** `cpuUsPerChange` counts the applying process and the server it writes to. */
interface Round {
  readonly changes: number;
  readonly ms: number;
  readonly cpuS: number;
  readonly rssMb: number;
}

interface Peer {
  readonly name: string;
  readonly changesPerS: number;
  readonly cpuUsPerChange: number;
  readonly rssMb: number;
}

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const durable = options.durable === 'true';
  const servers = await Promise.all([
    startMariaDb(),
    startMariaDb({ durable }),
    startMariaDb({ durable, flags: ['--log-slave-updates=ON'] }),
  ]);
  const [source, target, replica] = servers;
  try {
    const backlog = await writeBacklog(source.url(), Number(options.changes), Number(options['per-transaction']));
    const peers = [
      peerOf('banyan-binlog', await repeat(() => banyan(source, target, backlog))),
      peerOf('one-by-one', [await oneByOne(source, target)]),
      peerOf('replica', [await replicate(source, replica, backlog)]),
    ];
    report(peers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function repeat(round: () => Promise<Round>): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < Number(options.rounds); i++) rounds.push(await round());
  return rounds;
}

async function banyan(source: MariaDb, target: MariaDb, { start, end }: Backlog): Promise<Round> {
  const connection = await emptyTarget(target);
  // As after a snapshot of an empty table: everything in the log is still to come.
  await connection.query(
    `INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version)
     VALUES ('bench', 'trips', 1, ?, 'streaming', 1)`,
    [formatPosition(start)],
  );
  const before = await serverCpuSeconds(connection);
  const result = await runChild('banyan.ts', [source.url(), target.url(), formatPosition(end)]);
  const serverCpuS = (await serverCpuSeconds(connection)) - before;
  await requireRows(source, connection, 'trips.trip');
  connection.destroy();
  return { ...result, changes: Number(options.changes), cpuS: result.cpuS + serverCpuS };
}

async function oneByOne(source: MariaDb, target: MariaDb): Promise<Round> {
  const connection = await emptyTarget(target);
  const before = await serverCpuSeconds(connection);
  const result = await runChild('one-by-one.ts', [source.url(), target.url(), options['one-by-one']]);
  const serverCpuS = (await serverCpuSeconds(connection)) - before;
  connection.destroy();
  return { ...result, cpuS: result.cpuS + serverCpuS };
}

/** A quarter of the backlog is enough to know its rate. */
async function replicate(source: MariaDb, replica: MariaDb, backlog: Backlog): Promise<Round> {
  const connection = await openConnection(replica.url());
  const before = await serverCpuSeconds(connection);
  const ms = await runReplica(replica, source, backlog.quarter);
  const cpuS = (await serverCpuSeconds(connection)) - before;
  const rssMb = await serverRssMb(connection);
  connection.destroy();
  return { changes: backlog.quarterChanges, ms, cpuS, rssMb };
}

async function emptyTarget(target: MariaDb): Promise<Connection> {
  const connection = await openConnection(target.url());
  await connection.query('CREATE DATABASE IF NOT EXISTS trips');
  await migrateSchema(target.url('root', '', 'trips'));
  await installBookkeeping(connection);
  for (const table of TARGET_TABLES) await connection.query(`TRUNCATE trips.${table}`);
  await connection.query('TRUNCATE banyan.stream_position');
  return connection;
}

function runChild(file: string, args: readonly string[]): Promise<Round> {
  const child = fork(new URL(file, import.meta.url), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    let result: Round | undefined;
    child.once('message', (message) => (result = message as Round));
    child.once('exit', (code) => (result ? resolve(result) : reject(new Error(`${file} ended with ${code}`))));
  });
}

function peerOf(name: string, rounds: readonly Round[]): Peer {
  return {
    name,
    changesPerS: Math.round(median(rounds.map(({ changes, ms }) => (changes / ms) * 1000))),
    cpuUsPerChange: Number(median(rounds.map(({ changes, cpuS }) => (cpuS / changes) * 1e6)).toFixed(1)),
    rssMb: Math.round(median(rounds.map(({ rssMb }) => rssMb))),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A fast peer that has lost rows has not won. */
async function requireRows(source: MariaDb, copy: Connection, table: string): Promise<void> {
  const connection = await openConnection(source.url());
  const [expected, found] = [await countRows(connection, 'fleet.trips'), await countRows(copy, table)];
  connection.destroy();
  if (expected !== found) throw new Error(`${table} has ${found} rows; expected ${expected}`);
}

function report(peers: readonly Peer[]): void {
  const table = new Table({ head: ['peer', 'changes/s', 'CPU µs/change', 'RSS MiB'] });
  for (const peer of peers) table.push([peer.name, peer.changesPerS, peer.cpuUsPerChange, peer.rssMb]);
  console.log(table.toString());
  const rate = (name: string): number => peers.find((peer) => peer.name === name)?.changesPerS ?? 0;
  const ratios = {
    toOneByOne: Number((rate('banyan-binlog') / rate('one-by-one')).toFixed(1)),
    toReplica: Number((rate('banyan-binlog') / rate('replica')).toFixed(2)),
  };
  const durable = options.durable === 'true' ? 'every commit flushed to disk' : 'commits not flushed';
  console.log(
    `${options.changes} changes in transactions of ${options['per-transaction']}, ${durable}. ` +
      `banyan-binlog is ${ratios.toOneByOne} × one-by-one and ${ratios.toReplica} × the replica.`,
  );
  if (options.json) console.log(JSON.stringify({ bench: 'apply', peers, ratios }));
}
