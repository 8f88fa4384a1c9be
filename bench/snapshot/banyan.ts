import { createBinlogChangeSource, createStream, type MapRow } from '../../cdc/index.ts';
import { createLog } from '../../shared/index.ts';
import { answerAndEnd, givenOptions } from '../process.ts';
import { TABLE } from './trips.ts';

/** The first copy as the product runs it, in a process of its own; rows keep their shape, as they do for the other peer. */
const { sourceUrl, targetUrl } = givenOptions() as { sourceUrl: string; targetUrl: string };
const log = createLog('bench', 'warn');
const identity: MapRow = ({ id = null, ...columns }) => [{ table: TABLE, key: { id }, columns }];
const stream = createStream({
  name: 'bench',
  unit: 'trips',
  source: createBinlogChangeSource({ databaseUrl: sourceUrl, schema: 'fleet', tables: [TABLE], log }),
  sourceUrl,
  sourceSchema: 'fleet',
  targetUrl,
  targetSchema: 'trips',
  targetTables: [TABLE],
  targetSide: 'service',
  maps: { [TABLE]: identity },
  mappingVersion: 1,
  ownDomain: 7701,
  skipDomain: 7702,
  snapshot: true,
  log,
});
const cpu = process.cpuUsage();
const startedAt = performance.now();
await stream.start();
await stream.whenStreaming();
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const { maxRSS } = process.resourceUsage();
await stream.stop();
answerAndEnd({ ms, cpuS: (user + system) / 1e6, rssMb: maxRSS / 1024 });
