export {
  BanyanError,
  declareErrors,
  isBanyanError,
  messageOf,
  type ErrorCatalogue,
  type ErrorDoc,
  type ErrorFacts,
} from './errors.ts';
export { ApiClient, ASK_ANOTHER, urlsIn, type ApiClientOptions, type CallLimits } from './api-client.ts';
export { JsonLines } from './json-lines.ts';
export { describeProblems, type Problem } from './problems.ts';
export { systemClock, waitUntil, type Clock } from './clock.ts';
export { KeptFile, type Kept } from './kept-file.ts';
export { createLog, silentLog, type Log } from './log.ts';
export {
  createMetrics,
  createProcessMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  sumMetrics,
  type MetricObject,
} from './metrics.ts';
export { replaceFile, type ReplaceOptions } from './replace-file.ts';
export { seededRandom } from './seeded-random.ts';
export { readPairs, readSettings, settingsErrors, type Setting, type SettingsOf } from './settings.ts';
export {
  describeDatabase,
  losslessOptions,
  openConnection,
  openPool,
  quoteName,
  type Connection,
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from './sql.ts';
export {
  openTracing,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanOptions,
  type SpanPlace,
  type Tracing,
  type TracingOptions,
} from './tracing.ts';
export { packageVersion } from './version.ts';
export { WatchedFile } from './watched-file.ts';
