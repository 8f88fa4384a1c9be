import type { EdgeOptions } from '../edge/index.ts';
import { createFileFlagProvider } from '../flags/index.ts';
import { createLog, createMetrics } from '../shared/index.ts';

export interface Addresses {
  readonly legacy: string;
  readonly trips: string;
  /** A flag file in the format of Unleash. */
  readonly flags: string;
}

/**
 * One unit at stage canary: reads of identified users in the first tenth go to its service, everything else to legacy.
 * How far the copy is and where a unit stands are said by hand here. In a migration they come from the controller and the
 * streams; cli/compose-edge.ts shows how.
 */
export async function exampleOptions({ legacy, trips, flags: path }: Addresses): Promise<EdgeOptions> {
  const log = createLog('example', 'warn');
  const flags = createFileFlagProvider({ path, log });
  await flags.start();
  return {
    routes: [
      { unit: 'trips', kind: 'api', method: 'GET', path: '/api/trips/{id}', access: 'read', entity: 'trip' },
      { unit: 'trips', kind: 'api', method: 'POST', path: '/api/trips', access: 'write', entity: 'trip' },
    ],
    legacy,
    services: { trips },
    salts: { trips: 'trips-2026' },
    unitState: () => ({ stage: 'canary', owner: 'legacy', epoch: 1, ceilings: { everyone: 1_000 } }),
    watermarks: { head: () => Promise.resolve({}), isLevel: () => true, isApplied: () => true },
    flags,
    subject: { ways: [{ way: 'session', cookie: 'session', format: 'signed-user-id', secret: 'choose-one' }] },
    identityKey: 'a key of thirty-two characters or more',
    registry: createMetrics(),
    log,
  };
}
