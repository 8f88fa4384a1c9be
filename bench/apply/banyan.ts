import { createBinlogChangeSource, createStream, parsePosition } from '../../cdc/index.ts';
import mapping from '../../migrations/trips/mapping.ts';
import { createLog } from '../../shared/index.ts';
import { SOURCE_TABLES, TARGET_TABLES } from './workload.ts';

/** The stream as the product runs it, in a process of its own; reports when it has reached a position. */
const [, , sourceUrl = '', targetUrl = '', until = ''] = process.argv;
const log = createLog('bench', 'warn');
const stream = createStream({
  name: 'bench',
  unit: 'trips',
  source: createBinlogChangeSource({ databaseUrl: sourceUrl, schema: 'fleet', tables: SOURCE_TABLES, log }),
  sourceUrl,
  sourceSchema: 'fleet',
  targetUrl,
  targetSchema: 'trips',
  targetTables: TARGET_TABLES,
  targetSide: 'service',
  maps: { trips: mapping.forward['trips'] ?? (() => []) },
  mappingVersion: mapping.version,
  ownDomain: 7701,
  skipDomain: 7702,
  snapshot: true,
  log,
});
const cpu = process.cpuUsage();
const startedAt = performance.now();
await stream.start();
const reached = await stream.waitFor(parsePosition(until), { budgetMs: 120_000 });
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
process.send?.({ reached, ms, cpuS: (user + system) / 1e6, rssMb: process.resourceUsage().maxRSS / 1024 });
await stream.stop();
process.disconnect?.();
