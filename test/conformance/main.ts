import { parseArgs } from 'node:util';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { catalogue } from './catalogue.ts';
import { openPeers, PEER_NAMES, type Peer } from './peers.ts';
import { tableOf, type Line } from './report.ts';
import { probe, runCase, type Result } from './run.ts';

const USAGE = `npm run conformance [-- --json] [--cases 1,40-48]

Every case of the checklist over raw sockets: a real edge, with each of its forwarders, in front of a scripted target.
nginx and haproxy are asked the same where they are installed; they decide nothing. Ends with 1 when a case failed.`;

const NOT_WRITTEN: Result = { passed: false, got: 'not written' };

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    cases: { type: 'string', default: '1-131' },
  },
});
if (options.help) console.log(USAGE);
else report(await run());

async function run(): Promise<Line[]> {
  const peers = await openPeers();
  const asked = catalogue.filter(({ number }) => isAsked(number));
  const lines: Line[] = [];
  try {
    for (const row of asked) {
      const one = cases.find(({ number }) => number === row.number);
      const result = one ? await runCase(one) : NOT_WRITTEN;
      lines.push({ row, one, result, peers: await askPeers(one, peers) });
    }
  } finally {
    for (const peer of peers.values()) await peer.close();
  }
  return lines;
}

function isAsked(number: number): boolean {
  const spans = options.cases.split(',').map((span) => span.split('-').map(Number));
  return spans.some(([first = 0, last = first]) => number >= first && number <= last);
}

async function askPeers(one: Case | undefined, peers: ReadonlyMap<string, Peer>): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  for (const name of PEER_NAMES) told.set(name, await askPeer(one, peers.get(name)));
  return told;
}

async function askPeer(one: Case | undefined, peer: Peer | undefined): Promise<string> {
  if (!one || one.isOfEdge) return '–';
  if (!peer) return 'not installed';
  peer.reset();
  return probe(one, peer.bench);
}

function report(lines: readonly Line[]): void {
  const passed = lines.filter(({ result }) => result.passed).length;
  const failed = lines.length - passed;
  console.log(tableOf(lines, PEER_NAMES));
  console.log(`${passed} passed, ${failed} failed`);
  if (options.json) console.log(JSON.stringify({ conformance: { cases: lines.length, passed, failed } }));
  process.exitCode = failed > 0 ? 1 : 0;
}
