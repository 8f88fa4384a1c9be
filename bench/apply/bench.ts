import { formatPosition, installBookkeeping } from '../../cdc/index.ts';
import { openConnection, type Connection } from '../../shared/index.ts';
import { startConnect, startKafka, startMariaDb, type Connect, type Kafka, type MariaDb } from '../../stack/index.ts';
import { emptyTables, SCHEMA, writeBacklog, type Backlog } from './backlog.ts';
import type { BanyanOptions } from './peers/banyan-options.ts';
import { runSink } from './peers/jdbc-sink.ts';
import { runReplica } from './peers/replica.ts';
import { productFlags } from '../../test/support/product-flags.ts';
import { runProcess } from '../process.ts';
import { Rounds, type PeerResult, type Round } from './round.ts';
import { childUsage, serverCpuSeconds, serverRssMb } from './process-usage.ts';
import { settle } from './settle.ts';
import { openTopics, type Topics } from './topics.ts';
import type { Workload } from './workloads.ts';

export interface WorkloadResult {
  readonly workload: string;
  readonly changes: number;
  readonly peers: readonly PeerResult[];
}

export interface RunOptions {
  readonly changes: number;
  readonly rounds: number;
  /** All peers run it; the other workloads leave out the slow ones. */
  readonly isHeadline: boolean;
}

/** A backlog in the log and in topics, and where it goes. */
interface Course {
  readonly workload: Workload;
  readonly backlog: Backlog;
  readonly topics: Topics;
}

const ONE_BY_ONE_CHANGES = 2000;
/** What the documentation of the sink and our own trials found best for it. */
const SINK_BATCH = { plain: 2000, buffered: 5000 };

/** The servers all peers share, and how each peer is run on them. */
export class Bench {
  readonly #source: MariaDb;
  readonly #target: MariaDb;
  readonly #replica: MariaDb;
  readonly #kafka: Kafka;
  readonly #connect: Connect;

  private constructor([source, target, replica]: readonly MariaDb[], kafka: Kafka, connect: Connect) {
    [this.#source, this.#target, this.#replica] = [source as MariaDb, target as MariaDb, replica as MariaDb];
    this.#kafka = kafka;
    this.#connect = connect;
  }

  static async start(): Promise<Bench> {
    const kafka = await startKafka();
    const connect = await startConnect({ bootstrap: kafka.bootstrap });
    const servers = await Promise.all([
      startMariaDb(),
      startMariaDb({ durable: true }),
      startMariaDb({ durable: true, flags: ['--log-slave-updates=ON'] }),
    ]);
    return new Bench(servers, kafka, connect);
  }

  async stop(): Promise<void> {
    await this.#connect.stop();
    await this.#kafka.stop();
    await Promise.all([this.#source, this.#target, this.#replica].map((server) => server.stop()));
  }

  async run(workload: Workload, { changes, rounds, isHeadline }: RunOptions): Promise<WorkloadResult> {
    const course = await this.#prepare(workload, changes);
    const fast = new Rounds({
      'banyan-kafka': () => this.#banyan(course, 'kafka'),
      'banyan-binlog': () => this.#banyan(course, 'binlog'),
      'jdbc-sink-buffered': () => this.#sink(course, true),
    });
    // In turns, so that a noisy moment of the machine is nobody's alone.
    for (let i = 0; i < (isHeadline ? rounds : 1); i++) await fast.run();
    const slow = new Rounds({
      ...(isHeadline && { 'jdbc-sink': () => this.#sink(course, false) }),
      ...(isHeadline && { 'one-by-one': () => this.#oneByOne(course) }),
      replica: () => this.#replicate(course),
    });
    await slow.run();
    return { workload: workload.name, changes: course.backlog.end.changes, peers: [...fast.results, ...slow.results] };
  }

  async #prepare(workload: Workload, changes: number): Promise<Course> {
    const connection = await openConnection(this.#source.url(), { multipleStatements: true });
    await installBookkeeping(connection);
    await emptyTables(connection, workload);
    connection.destroy();
    const servers = { kafka: this.#kafka, connect: this.#connect };
    const topics = await openTopics(servers, this.#source, `bench-${workload.name}`, Object.keys(workload.keys));
    const backlog = await writeBacklog(this.#source.url(), workload, changes, Math.round(changes / 5));
    await topics.filled({ ...backlog, changes: backlog.end.changes });
    return { workload, backlog, topics };
  }

  async #banyan({ workload, backlog, topics }: Course, by: 'kafka' | 'binlog'): Promise<Round> {
    const connection = await this.#emptyTarget(workload);
    await connection.query(
      `INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version)
       VALUES ('bench', 'bench', 1, ?, 'streaming', 1)`,
      [formatPosition(backlog.start)],
    );
    const options: BanyanOptions = {
      ...this.#ends(workload),
      timedFrom: formatPosition(backlog.part.position),
      until: formatPosition(backlog.end.position),
      ...(by === 'kafka' && { kafka: { brokers: [this.#kafka.bootstrap], topic: topics.ordered } }),
    };
    const result = await this.#measured(connection, () =>
      runProcess<Round>(peer('banyan.ts'), options, productFlags()),
    );
    await this.#requireSameRows(workload, connection);
    connection.destroy();
    return { ...result, ...warm(backlog) };
  }

  async #sink({ workload, backlog, topics }: Course, buffered: boolean): Promise<Round> {
    const connection = await this.#emptyTarget(workload);
    // The slow one has warmed up in the runs of the other: all of its shorter way counts.
    const [timedFrom, until] = buffered ? [backlog.part, backlog.end] : [undefined, backlog.part];
    const batchSize = buffered ? SINK_BATCH.buffered : SINK_BATCH.plain;
    const cpuBefore = childUsage('ConnectDistributed').cpuS;
    const round = await this.#measured(connection, async () => ({
      ms: await runSink(this.#connect, this.#target, {
        topics: topics.perTable,
        timedFrom,
        until,
        buffered,
        batchSize,
      }),
      cpuS: 0,
    }));
    if (buffered) await this.#requireSameRows(workload, connection);
    connection.destroy();
    const { cpuS, rssMb } = childUsage('ConnectDistributed');
    const counts = buffered ? warm(backlog) : { changes: until.changes, timedChanges: until.changes };
    return { ms: round.ms, cpuS: round.cpuS + cpuS - cpuBefore, rssMb, ...counts };
  }

  async #oneByOne({ workload, backlog }: Course): Promise<Round> {
    const connection = await this.#emptyTarget(workload);
    const options = { ...this.#ends(workload), start: formatPosition(backlog.start), limit: ONE_BY_ONE_CHANGES };
    const result = await this.#measured(connection, () => runProcess<Round>(peer('one-by-one.ts'), options));
    connection.destroy();
    return { ...result, timedChanges: result.changes };
  }

  async #replicate({ workload, backlog }: Course): Promise<Round> {
    const connection = await openConnection(this.#replica.url(), { multipleStatements: true });
    await connection.query('STOP SLAVE; RESET SLAVE ALL');
    await emptyTables(connection, workload);
    await settle(connection);
    const { start, part, end } = backlog;
    const range = { start, timedFrom: part.position, until: end.position };
    const round = await this.#measured(connection, async () => ({
      ms: await runReplica(this.#replica, this.#source, range),
      cpuS: 0,
    }));
    const rssMb = await serverRssMb(connection);
    connection.destroy();
    return { ...round, ...warm(backlog), rssMb };
  }

  #ends({ keys }: Workload) {
    return { sourceUrl: this.#source.url(), targetUrl: this.#target.url(), schema: SCHEMA, keys };
  }

  /** Adds the processor time of the server behind the connection. */
  async #measured<T extends { cpuS: number }>(connection: Connection, run: () => Promise<T>): Promise<T> {
    const before = await serverCpuSeconds(connection);
    const result = await run();
    return { ...result, cpuS: result.cpuS + (await serverCpuSeconds(connection)) - before };
  }

  async #emptyTarget(workload: Workload): Promise<Connection> {
    const connection = await openConnection(this.#target.url(), { multipleStatements: true });
    await installBookkeeping(connection);
    await emptyTables(connection, workload);
    await connection.query('TRUNCATE banyan.stream_position');
    await settle(connection);
    return connection;
  }

  /** A fast peer that has lost rows has not won. */
  async #requireSameRows(workload: Workload, copy: Connection): Promise<void> {
    const source = await openConnection(this.#source.url());
    for (const table of Object.keys(workload.keys)) {
      const [expected, found] = await Promise.all([checksum(source, table), checksum(copy, table)]);
      if (expected !== found) throw new Error(`${table} is ${found}; expected ${expected}`);
    }
    source.destroy();
  }
}

function peer(file: string): URL {
  return new URL(`peers/${file}`, import.meta.url);
}

async function checksum(connection: Connection, table: string): Promise<string> {
  const [rows] = await connection.query(`CHECKSUM TABLE ${SCHEMA}.${table}`);
  return String((rows as { Checksum: string }[])[0]?.Checksum);
}

/** What a peer that was timed from the first mark on has done. */
function warm({ part, end }: Backlog): { changes: number; timedChanges: number } {
  return { changes: end.changes, timedChanges: end.changes - part.changes };
}
