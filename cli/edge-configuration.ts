import type { Declaration, Plan } from '../cutover/index.ts';
import type { EdgeOptions, Route, TargetOptions } from '../edge/index.ts';
import { rulesOfAnswers } from './answers.ts';
import { limitsOf, type GatewaySettings } from './gateway.ts';

type Declared = Pick<Declaration, 'units' | 'edge'>;
type Service = Plan['service'];

/** What of a process's settings goes with the declared files. */
export type ConfigurationSettings = { readonly LEGACY_URL: string } & GatewaySettings;

/** What the declared files say to an edge; all of it can be said anew while the edge runs. */
export function edgeConfiguration(
  settings: ConfigurationSettings,
  { units, edge }: Declared,
): Pick<EdgeOptions, 'routes' | 'legacy' | 'services' | 'targetHosts' | 'breaker' | 'answers' | 'comparison'> {
  const plans = units.map(({ plan }) => plan);
  return {
    routes: plans.flatMap(routesOf),
    legacy: targetOf({ url: settings.LEGACY_URL, ...edge.legacy }),
    services: Object.fromEntries(plans.map(({ unit, service }) => [unit, targetOf(service)])),
    targetHosts: edge.targetHosts,
    breaker: present(edge.breaker),
    answers: rulesOfAnswers(settings, plans),
    comparison: Object.fromEntries(plans.map(({ unit, comparison = {} }) => [unit, comparison])),
  };
}

/** The targets whose endpoints register themselves. */
export function registeringTargets({ units, edge }: Declared): ReadonlySet<string> {
  const services = units.filter(({ plan }) => plan.service.endpoints?.from === 'registration');
  const legacy = edge.legacy.endpoints?.from === 'registration' ? ['legacy'] : [];
  return new Set([...services.map(({ plan }) => plan.unit), ...legacy]);
}

function targetOf({
  url,
  endpoints,
  healthCheck,
  outliers,
}: Pick<Service, 'url' | keyof Declaration['edge']['legacy']>) {
  return present({ url, endpoints, healthCheck, outliers }) as TargetOptions;
}

/** Without what was not said: a default is not overridden by nothing. */
function present<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function routesOf(plan: Plan): Route[] {
  return [
    ...plan.apis.map((api) => ({ ...api, ...limitsOf(plan, api), unit: plan.unit, kind: 'api' as const })),
    ...plan.dependents.map((route) => ({
      ...route,
      unit: plan.unit,
      kind: 'dependent' as const,
      access: 'read' as const,
    })),
  ];
}
