import { flagErrors } from '../errors.ts';
import type { Feature, Strategy } from '../feature-set.ts';
import type { AdminFeature, AdminStrategy } from './admin-client.ts';
import type { UnleashPlace } from './unleash-place.ts';

/** So many values a constraint may have, unless the server is told otherwise. */
export const LIST_SIZE = 250;

/** Unleash refuses a list of nobody. No subject has this id: the edge makes ids without spaces at their ends. */
const NOBODY = '(nobody)';

/** A flag as the server serves it to one environment's SDKs: strategies that are switched off are left out. */
export function fromAdmin({ name, type, environments }: AdminFeature, place: UnleashPlace): Feature {
  const found = environments.find((environment) => environment.name === place.environment);
  if (!found)
    throw flagErrors.error('FLAGS_ADMIN_REJECTED', {
      message: `${name} has no environment ${place.environment}; it has ${environments.map((e) => e.name).join(', ')}`,
      fix: 'set UNLEASH_ENVIRONMENT to one of these',
    });
  return { name, type, enabled: found.enabled, strategies: found.strategies.filter(isOn).map(withoutNobody) };
}

/** A strategy as the server takes it. */
export function toAdmin(strategy: Strategy): Strategy {
  return mapLists(strategy, (values) => (values.length > 0 ? values : [NOBODY]));
}

function isOn({ disabled }: AdminStrategy): boolean {
  return disabled !== true;
}

function withoutNobody(strategy: AdminStrategy): Strategy {
  return mapLists(strategy, (values) => values.filter((value) => value !== NOBODY));
}

function mapLists(strategy: Strategy, map: (values: string[]) => string[]): Strategy {
  const constraints = (strategy.constraints ?? []).map((constraint) =>
    constraint.operator === 'IN' ? { ...constraint, values: map(constraint.values ?? []) } : constraint,
  );
  return { ...strategy, constraints };
}
