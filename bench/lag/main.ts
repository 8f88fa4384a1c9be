import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { formatPosition, installBookkeeping, readHead } from '../../cdc/index.ts';
import { openConnection } from '../../shared/index.ts';
import { startConnect, startKafka, startMariaDb, type MariaDb } from '../../stack/index.ts';
import { emptyTables, SCHEMA } from '../apply/backlog.ts';
import type { BanyanOptions } from '../apply/peers/banyan-options.ts';
import { openTopics } from '../apply/topics.ts';
import { workloads, type Workload } from '../apply/workloads.ts';
import type { ApplierAnswer } from './applier.ts';
import { productFlags } from '../../test/support/product-flags.ts';
import { answerOf, runProcess, startProcess } from '../process.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import type { Write } from './writer.ts';

const USAGE = `npm run bench:lag [-- --json] [--seconds N] [--writes-per-s N]

Writes at a steady rate and measures for each write the time from its sending to its being applied on the other side:
by the binlog, and through Debezium and Kafka.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    'writes-per-s': { type: 'string', default: '1000' },
  },
});
const workload = workloads[0] as Workload;
/** What compilers learn in their first moments is no property of the stream; those of Kafka and Connect take long. */
const WARM_UP_S = { node: 3, jvm: 45 };

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const [source, target] = await Promise.all([startMariaDb(), startMariaDb({ durable: true })]);
  const kafka = await startKafka();
  const connect = await startConnect({ bootstrap: kafka.bootstrap });
  try {
    await prepare(source, target);
    const binlog = await measure(source, target);
    await prepare(source, target);
    const topics = await openTopics({ kafka, connect }, source, 'bench-lag', ['orders'], { perTable: false });
    const viaKafka = await measure(source, target, { brokers: [kafka.bootstrap], topic: topics.ordered });
    report({ 'banyan-binlog': binlog, 'banyan-kafka': viaKafka });
  } finally {
    await connect.stop();
    await kafka.stop();
    await Promise.all([source.stop(), target.stop()]);
  }
}

async function prepare(...servers: readonly MariaDb[]): Promise<void> {
  for (const server of servers) {
    const connection = await openConnection(server.url(), { multipleStatements: true });
    await installBookkeeping(connection);
    await emptyTables(connection, workload);
    await connection.query('TRUNCATE banyan.stream_position');
    connection.destroy();
  }
}

async function measure(source: MariaDb, target: MariaDb, kafka?: BanyanOptions['kafka']): Promise<Latencies> {
  const ends = { sourceUrl: source.url(), targetUrl: target.url(), schema: SCHEMA, keys: workload.keys, until: '' };
  const applier = startProcess(
    program('applier.ts'),
    [JSON.stringify({ ...ends, ...(kafka && { kafka }) })],
    productFlags(),
  );
  await answerOf(applier);
  const rate = { perS: Number(options['writes-per-s']) };
  const seconds = kafka ? WARM_UP_S.jvm : WARM_UP_S.node;
  const writer = { url: source.url(), ...rate };
  await runProcess(program('writer.ts'), { ...writer, seconds, firstId: 1_000_000_000 });
  const writes = await runProcess<Write[]>(program('writer.ts'), { ...writer, seconds: Number(options.seconds) });
  const connection = await openConnection(source.url());
  const end = formatPosition(await readHead(connection));
  connection.destroy();
  applier.send(end);
  const { applied, problem } = await answerOf<ApplierAnswer>(applier);
  if (problem !== undefined) throw new Error(`the stream did not reach ${end}: ${problem}`);
  return latenciesOf(writes, applied);
}

function program(file: string): URL {
  return new URL(file, import.meta.url);
}

function report(results: Readonly<Record<string, Latencies>>): void {
  const rows = Object.entries(results).map(([name, r]) => [name, r.writes, r.p50Ms, r.p99Ms, r.p999Ms, r.maxMs]);
  console.log(table(['peer', 'writes', 'p50 ms', 'p99 ms', 'p99.9 ms', 'longest ms'], rows));
  console.log(
    `${options['writes-per-s']} writes per second for ${options.seconds} s; every commit of the target flushed to disk. ` +
      `Before it, unmeasured, ${WARM_UP_S.node} s for banyan-binlog and ${WARM_UP_S.jvm} s for the JVMs of banyan-kafka.`,
  );
  const peers = Object.entries(results).map(([name, result]) => ({ name, ...result }));
  if (options.json) console.log(JSON.stringify({ bench: 'lag', peers }));
}
