import { RECEIPT } from './write-defects.ts';

const facts = { owner: 'ride-experience', expires: '2099-01-01' };
const times = ['created_at', 'updated_at', 'started_at', 'finished_at'];

type PlanFile = Record<string, never>;

/** What a team writes into its plan to have every write rehearsed. */
export function rehearseWrites(plan: PlanFile): void {
  const { apis } = plan as unknown as { apis: Record<string, string>[] };
  for (const api of apis.filter(({ access }) => access === 'write')) api['shadow'] = 'dry-run';
  Object.assign(apis.find(({ method, path }) => method === 'POST' && path === '/api/trips') ?? {}, { created: '$.id' });
  Object.assign(plan['service'] ?? {}, { dryRunUser: 'trips_dry_run' });
  const now = { ...facts, reason: 'each side says now' };
  const rules = times.map((column) => ({ rule: 'time', column: `*.${column}`, toleranceMs: 10_000, ...now }));
  const calls = [{ route: 'POST /api/trips/{id}/complete', method: 'POST', url: RECEIPT }];
  Object.assign(plan, { effects: { rules, calls } });
}

/** And to have forgiven what differs each time. Which of two texts a user is shown has no rule: that is for the figures to tell. */
export function forgiveNoise(plan: PlanFile): void {
  const each = { ...facts, reason: 'differs each time' };
  const rules = [
    { rule: 'type-only', path: '$.requestId', ...each },
    { rule: 'time', path: '$.servedAt', toleranceMs: 60_000, ...each },
    { rule: 'multiset', path: '$.tags', ...each },
  ];
  Object.assign(plan, { comparison: { rules } });
}

/** As the dry runs of the service log in. */
export const DRY_RUN_USER = `CREATE USER 'trips_dry_run'@'%' IDENTIFIED BY 'example';
  GRANT SELECT, INSERT, UPDATE, DELETE ON trips.* TO 'trips_dry_run'@'%'`;
