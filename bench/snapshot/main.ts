import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { productFlags } from '../../test/support/product-flags.ts';
import { runProcess } from '../process.ts';
import { dumpPipe } from './dump-pipe.ts';
import { peerOf, type Peer, type Round } from './round.ts';
import { ddl, emptyTarget, fill, requireSame } from './trips.ts';

const USAGE = `npm run bench:snapshot [-- --json] [--rows N] [--rounds N] [--durable false]

Copies a table of N rows into an empty one of another server: banyan's first copy, and mariadb-dump | mariadb.
Both write the same rows to the same server, whose every commit is flushed to disk; rounds alternate.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rows: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '2' },
    durable: { type: 'string', default: 'true' },
  },
});

// Both peers copy between the same two servers, which are sized as for a table of this kind.
const FLAGS = ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M', '--max-allowed-packet=64M'];

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const rows = Number(options.rows);
  const durable = options.durable === 'true';
  const [source, target] = await Promise.all([startMariaDb({ flags: FLAGS }), startMariaDb({ flags: FLAGS, durable })]);
  try {
    await source.sql(`CREATE DATABASE fleet; USE fleet; ${ddl}`);
    const tenth = Math.ceil(rows / 10);
    await fill(source.url(), 1, tenth);
    const small = await banyan(source, target);
    await fill(source.url(), tenth + 1, rows);
    const rounds = await alternate(source, target, Number(options.rounds));
    report([peerOf('banyan', rows, rounds.banyan), peerOf('dump-pipe', rows, rounds.dumpPipe)], {
      rows: tenth,
      rssMb: Math.round(small.rssMb),
    });
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

/** Who begins changes with every round, and at random with the first. */
async function alternate(source: MariaDb, target: MariaDb, rounds: number) {
  const done = { banyan: [] as Round[], dumpPipe: [] as Round[] };
  const banyanFirst = Math.random() < 0.5 ? 0 : 1;
  for (let i = 0; i < rounds; i++) {
    const order = i % 2 === banyanFirst ? (['banyan', 'dumpPipe'] as const) : (['dumpPipe', 'banyan'] as const);
    for (const name of order) {
      const round = await (name === 'banyan' ? banyan(source, target) : piped(source, target));
      await requireSame(source.url(), target.url());
      done[name].push(round);
    }
  }
  return done;
}

async function banyan(source: MariaDb, target: MariaDb): Promise<Round> {
  await emptyTarget(target.url());
  const ends = { sourceUrl: source.url(), targetUrl: target.url() };
  return runProcess(new URL('banyan.ts', import.meta.url), ends, productFlags());
}

async function piped(source: MariaDb, target: MariaDb): Promise<Round> {
  await emptyTarget(target.url());
  return dumpPipe(source, target);
}

function report(peers: readonly Peer[], tenth: { readonly rows: number; readonly rssMb: number }): void {
  const rows = peers.map(({ name, rowsPerS, spread, rssMb }) => [name, rowsPerS, spread.join(' … '), rssMb]);
  console.log(table(['peer', 'rows/s', 'slowest … fastest', 'RSS MiB'], rows));
  const rate = (name: string): number => peers.find((peer) => peer.name === name)?.rowsPerS ?? 0;
  const ratio = Number((rate('banyan') / rate('dump-pipe')).toFixed(2));
  const durable = options.durable === 'true' ? 'every commit flushed to disk' : 'commits not flushed';
  console.log(
    `${options.rows} rows, ${options.rounds} rounds each, ${durable}: banyan is ${ratio} × dump-pipe. ` +
      `With a tenth of the rows banyan took ${tenth.rssMb} MiB.`,
  );
  if (options.json) console.log(JSON.stringify({ bench: 'snapshot', peers, ratio, tenth }));
}
