import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { Bench, type WorkloadResult } from './bench.ts';
import { workloads } from './workloads.ts';

const USAGE = `npm run bench:apply [-- --json] [--workload NAME]... [--changes N] [--rounds N]

Drains a backlog of row changes into a MariaDB that flushes every commit. All peers write the same rows: Banyan by the
binlog and through Kafka, Debezium's JDBC sink without and with its reduction buffer (the same messages, JSON with
schemas), one statement per event, and MariaDB's own replica. Workloads:
${workloads.map(({ name, help }) => `  ${name.padEnd(14)}${help}`).join('\n')}`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    workload: { type: 'string', multiple: true, default: workloads.map(({ name }) => name) },
    changes: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
  },
});

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const chosen = options.workload.map((name) => workloads.find((workload) => workload.name === name));
  if (chosen.includes(undefined)) {
    console.error(USAGE);
    process.exit(2);
  }
  const bench = await Bench.start();
  const results: WorkloadResult[] = [];
  try {
    for (const workload of chosen) {
      if (!workload) continue;
      const changes = Math.round(Number(options.changes) * workload.share);
      const result = await bench.run(workload, {
        changes,
        rounds: Number(options.rounds),
        isHeadline: results.length === 0,
      });
      results.push(result);
      show(result);
    }
  } finally {
    await bench.stop();
  }
  const [headline] = results;
  if (options.json && headline) {
    const others = Object.fromEntries(results.map(({ workload, peers }) => [workload, peers]));
    console.log(
      JSON.stringify({ bench: 'apply', peers: headline.peers, ratios: ratiosOf(headline), workloads: others }),
    );
  }
}

function show(result: WorkloadResult): void {
  const rows = result.peers.map((p) => [p.name, p.changesPerS, p.spread.join('–'), p.cpuUsPerChange, p.rssMb]);
  const drawn = table(['peer', 'changes/s', 'slowest–fastest', 'CPU µs/change', 'RSS MiB'], rows);
  console.log(`\n${result.workload}: ${result.changes} changes\n${drawn}`);
  console.log(
    Object.entries(ratiosOf(result))
      .map(([name, ratio]) => `${name} ${ratio}`)
      .join(', '),
  );
}

function ratiosOf({ peers }: WorkloadResult): Record<string, number> {
  const rate = (name: string): number => peers.find((peer) => peer.name === name)?.changesPerS ?? Number.NaN;
  const ratios: [string, number][] = [
    ['kafka/sink-buffered', rate('banyan-kafka') / rate('jdbc-sink-buffered')],
    ['kafka/sink', rate('banyan-kafka') / rate('jdbc-sink')],
    ['binlog/replica', rate('banyan-binlog') / rate('replica')],
    ['binlog/one-by-one', rate('banyan-binlog') / rate('one-by-one')],
  ];
  return Object.fromEntries(
    ratios.filter(([, r]) => Number.isFinite(r)).map(([name, r]) => [name, Number(r.toFixed(2))]),
  );
}
