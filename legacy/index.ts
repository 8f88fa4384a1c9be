/**
 * What a demo or a test needs to bring the monolith to life. The toolkit itself never imports this: it meets the
 * monolith over HTTP, SQL and the log, as it would meet anybody's.
 */
export { applySchema } from './apply-schema.ts';
export { COOKIE, readCookie, signCookie, type SessionToken } from './cookie.ts';
export { startFleet, type RunningFleet } from './server.ts';
export { seed, type SeedOptions } from './seed/seed.ts';
export { defaultSize, type SeedSize } from './seed/size.ts';
export { createTraffic, type Acknowledged, type Traffic, type TrafficOptions } from './traffic/traffic.ts';
export { reconcile, type OwnerPoint, type OwnerTrip, type Reconciliation } from './traffic/reconcile.ts';
export { legacyOwnerSql, ownerRows, type OwnerSql } from './traffic/owner-rows.ts';
export type { FailedExample, RouteReport, StaleExample, TrafficReport } from './traffic/stats.ts';
export type { TrackedPoint, TrackedTrip, TripState } from './traffic/tracked.ts';
