import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse, stringify } from 'yaml';

/** A folder with the plan of the example, changed, and its mapping as it is. */
export function changedPlans(change: (plan: Record<string, never>) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-plans-'));
  const plan = parse(readFileSync('migrations/trips/plan.yaml', 'utf8')) as Record<string, never>;
  change(plan);
  copyFileSync('migrations/subjects.yaml', join(folder, 'subjects.yaml'));
  mkdirSync(join(folder, 'trips'));
  writeFileSync(join(folder, 'trips', 'plan.yaml'), stringify(plan));
  const mapping = pathToFileURL(resolve('migrations/trips/mapping.ts')).href;
  writeFileSync(join(folder, 'trips', 'mapping.ts'), `export { default } from '${mapping}';\n`);
  return folder;
}

/** Enough mirrored reads within seconds: for tests of what comes after. */
export const QUICK_SHADOW = { maxMismatchPercent: 50, minSubjects: 1, maxLagPercent: 100 };

/** The example's rows by owner: the writes of single users can move. */
export function cohortPlans(gates: object = { shadow: QUICK_SHADOW }): string {
  return changedPlans((plan) => {
    const point = { column: 'trip_id' };
    const legacy = { trips: { column: 'user_id' }, locations: { ...point, of: 'trips.id' } };
    const service = { trip: { column: 'rider_id' }, trip_fare: { ...point, of: 'trip.id' } };
    const ownerKey = { legacy, service: { ...service, trip_point: { ...point, of: 'trip.id' } } };
    const apis = [...(plan['apis'] ?? [])] as { access: string }[];
    const owned = apis.map((api) => (api.access === 'write' ? { ...api, rowsOf: 'subject' } : api));
    Object.assign(plan, { ownerKey, apis: owned });
    Object.assign(plan['gates'] ?? {}, gates);
  });
}

export function quickPlans(): string {
  return changedPlans((plan) => Object.assign(plan['gates'] ?? {}, { shadow: QUICK_SHADOW }));
}
