import type { EdgeMetrics } from '../observe/metrics.ts';
import type { EdgeOptions } from '../options.ts';
import { MemoryRateStore } from './memory-rate-store.ts';
import type { RateStore } from './rate-store.ts';
import { SqlRateStore } from './sql-rate-store.ts';

/** Where requests are counted: in this edge, or in the table all edges count in. */
export function openRateStore(
  { rateDatabaseUrl: databaseUrl, edgeKey, identityKey = '', log }: EdgeOptions,
  metrics: EdgeMetrics,
): RateStore {
  if (databaseUrl === undefined) return new MemoryRateStore();
  return new SqlRateStore({
    databaseUrl,
    secret: edgeKey || identityKey,
    log,
    failed: () => metrics.rateStoreFailed(),
  });
}
