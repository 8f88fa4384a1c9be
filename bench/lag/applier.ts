import {
  createBinlogChangeSource,
  createKafkaChangeSource,
  createStream,
  formatPosition,
  parsePosition,
  type StreamState,
} from '../../cdc/index.ts';
import { createLog, waitUntil } from '../../shared/index.ts';
import { identityMaps } from '../apply/identity.ts';
import { answerAndEnd, givenOptions } from '../process.ts';
import type { BanyanOptions } from '../apply/peers/banyan-options.ts';

/** When the watermark passed a sequence: pairs of the sequence and the wall-clock milliseconds. */
export type Applied = readonly (readonly [sequence: number, atMs: number])[];

export interface ApplierAnswer {
  readonly applied: Applied;
  /** Why the end was not reached, if it was not. */
  readonly problem?: string;
}

/** The stream as the product runs it. Says 'ready', runs until it is told where the end is, reports its watermarks. */
const options = givenOptions() as BanyanOptions;
const { sourceUrl, targetUrl, schema, keys, kafka } = options;
const log = createLog('bench', 'warn');
const from = { databaseUrl: sourceUrl, schema, tables: Object.keys(keys), log };
const applied: [number, number][] = [];
const stream = createStream({
  name: 'bench',
  unit: 'bench',
  source: kafka ? createKafkaChangeSource({ ...from, ...kafka, mode: 'ordered' }) : createBinlogChangeSource(from),
  sourceUrl,
  sourceSchema: schema,
  targetUrl,
  targetSchema: schema,
  targetTables: Object.keys(keys),
  targetSide: 'service',
  maps: identityMaps(keys),
  mappingVersion: 1,
  ownDomain: 7701,
  skipDomain: 7702,
  snapshot: false,
  log,
  at: (point) => {
    if (point === 'apply:committed') setImmediate(note);
  },
});
await stream.start();
process.send?.('ready');
process.once('disconnect', () => process.exit());
process.once('message', (end) => void finish(String(end)));

function note(): void {
  const sequence = Number(stream.watermark().get(0)?.sequence ?? 0n);
  applied.push([sequence, performance.timeOrigin + performance.now()]);
}

function describe(state: StreamState): string {
  return state.kind === 'stopped' ? state.error.message : state.kind;
}

async function finish(end: string): Promise<void> {
  const reached = await stream.waitFor(parsePosition(end), { budgetMs: 30_000 });
  await waitUntil(() => applied.length > 0, { budgetMs: 1_000 });
  note();
  const problem = reached ? undefined : `it is ${describe(stream.state())} at ${formatPosition(stream.watermark())}`;
  await stream.stop();
  answerAndEnd({ applied, ...(problem !== undefined && { problem }) } satisfies ApplierAnswer);
}
