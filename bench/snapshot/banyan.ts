import { createBinlogChangeSource, createStream, type MapRow } from '../../cdc/index.ts';
import { createLog } from '../../shared/index.ts';
import { TABLE } from './trips.ts';

/** The first copy as the product runs it, in a process of its own; rows keep their shape, as they do for the other peer. */
const [, , sourceUrl = '', targetUrl = ''] = process.argv;
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
process.send?.({ ms, cpuS: (user + system) / 1e6, rssMb: process.resourceUsage().maxRSS / 1024 });
await stream.stop();
process.disconnect?.();
