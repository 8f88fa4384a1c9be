import { createBinlogChangeSource, createKafkaChangeSource, createStream, parsePosition } from '../../../cdc/index.ts';
import { createLog } from '../../../shared/index.ts';
import { identityMaps } from '../identity.ts';
import { answerAndEnd, givenOptions } from '../../process.ts';
import type { BanyanOptions } from './banyan-options.ts';

/** The stream as the product runs it; reports when it has come from one position to another. */
const options = givenOptions() as BanyanOptions;
const { sourceUrl, targetUrl, schema, keys, kafka } = options;
const tables = Object.keys(keys);
const log = createLog('bench', 'warn');
const from = { databaseUrl: sourceUrl, schema, tables, log };
const source = kafka ? createKafkaChangeSource({ ...from, ...kafka, mode: 'ordered' }) : createBinlogChangeSource(from);
const stream = createStream({
  name: 'bench',
  unit: 'bench',
  source,
  sourceUrl,
  sourceSchema: schema,
  targetUrl,
  targetSchema: schema,
  targetTables: tables,
  targetSide: 'service',
  maps: identityMaps(keys),
  mappingVersion: 1,
  ownDomain: 7701,
  skipDomain: 7702,
  snapshot: true,
  log,
});
const cpu = process.cpuUsage();
await stream.start();
await stream.waitFor(parsePosition(options.timedFrom), { budgetMs: 300_000 });
const startedAt = performance.now();
const reached = await stream.waitFor(parsePosition(options.until), { budgetMs: 300_000 });
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const state = stream.state();
if (!reached) throw new Error(state.kind === 'stopped' ? state.error.message : `the end was not reached in ${ms} ms`);
const { maxRSS } = process.resourceUsage();
await stream.stop();
answerAndEnd({ ms, cpuS: (user + system) / 1e6, rssMb: maxRSS / 1024 });
