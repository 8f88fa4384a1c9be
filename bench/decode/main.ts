import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { createRecordDecoder } from '../../cdc/source/kafka/decode/record-decoder.ts';
import { benchTable, type BenchTable } from './messages.ts';

interface Measure {
  readonly columns: number;
  readonly peer: string;
  /** Median over the rounds, spread from the slowest to the fastest. */
  readonly eventsPerS: number;
  readonly spread: readonly [number, number];
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    ms: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '5' },
  },
});
const ROUND_MS = Number(values.ms);
const ROUNDS = Number(values.rounds);
const MESSAGES = 2000;

/** How many update events per second one core turns from bytes into change events. */
function main(): void {
  const measures = ([6, 21] as const).flatMap((columns) => measureTable(columns, benchTable(columns, MESSAGES)));
  if (values.json) console.log(JSON.stringify({ node: process.version, measures }));
  else print(measures);
}

function measureTable(columns: number, { info, withSchemas, bare }: BenchTable): Measure[] {
  const options = { schema: 'shop', tables: ['orders'], catalogue: new Map([['orders', info]]) };
  const [known, schemaless, patient, other] = [
    createRecordDecoder(options),
    createRecordDecoder(options),
    createRecordDecoder({ ...options, walk: false }),
    createRecordDecoder({ ...options, tables: ['elsewhere'] }),
  ];
  const peers: [string, readonly Buffer[], (value: Buffer) => unknown][] = [
    ['JSON.parse, whole message', withSchemas, (value) => JSON.parse(value.toString('utf8'))],
    ['JSON.parse, payload only', bare, (value) => JSON.parse(value.toString('utf8'))],
    ['banyan, with schemas', withSchemas, (value) => known({ value })],
    ['banyan, without schemas', bare, (value) => schemaless({ value })],
    ['banyan, with schemas, patient way', withSchemas, (value) => patient({ value })],
    ['banyan, a table nobody asked for', withSchemas, (value) => other({ value })],
  ];
  for (const [, messages, decode] of peers) rate(messages, decode, ROUND_MS / 2);
  const rates = peers.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, [, messages, decode]] of peers.entries()) rates[i]?.push(rate(messages, decode, ROUND_MS));
  return peers.map(([peer], i) => {
    const sorted = (rates[i] ?? []).toSorted((a, b) => a - b).map(Math.round);
    const median = sorted[sorted.length >> 1] ?? 0;
    return { columns, peer, eventsPerS: median, spread: [sorted[0] ?? 0, sorted.at(-1) ?? 0] };
  });
}

/** By the processor time used, so that others on the machine do not count. */
function rate(messages: readonly Buffer[], decode: (value: Buffer) => unknown, forMs: number): number {
  const start = process.cpuUsage();
  let done = 0;
  let usedMs = 0;
  while (usedMs < forMs) {
    for (const message of messages) decode(message);
    done += messages.length;
    const { user, system } = process.cpuUsage(start);
    usedMs = (user + system) / 1000;
  }
  return (done / usedMs) * 1000;
}

function print(measures: readonly Measure[]): void {
  const figure = (n: number): string => n.toLocaleString('en-US');
  const rows = measures.map((m) => [m.columns, m.peer, figure(m.eventsPerS), m.spread.map(figure).join(' – ')]);
  console.log(table(['columns', 'decoder', 'events/s', 'slowest – fastest'], rows));
}

main();
