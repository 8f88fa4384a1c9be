import { Counter, Gauge, type Registry } from '../../shared/index.ts';
import type { FallbackRefusal } from '../breaker/fallback.ts';
import type { EdgeConfiguration } from '../configuration.ts';
import type { Target } from '../targets/target.ts';
import type { TargetEndpoint } from '../targets/target-endpoint.ts';

type Aggregator = 'max' | 'sum';
type Fill = (gauge: Gauge, configuration: EdgeConfiguration) => void;
type CountFallback = (unit: string, verdict: 'ok' | FallbackRefusal) => void;

/** Of several workers, each with an opinion of its own. */
const WORST: Aggregator = 'max';
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/**
 * How targets, their endpoints and the breakers are, looked at when somebody scrapes. Answers what counts the verdicts on
 * falling back. Labels are bounded by the plans and by how many endpoints there are.
 */
export function registerTargetMetrics(registry: Registry, configuration: () => EdgeConfiguration): CountFallback {
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    fill: Fill,
    aggregator: Aggregator = WORST,
  ): void => {
    const collect = (): void => {
      made.reset();
      fill(made, configuration());
    };
    const made = new Gauge({ name, help, labelNames, registers: [], aggregator, collect });
    registry.registerMetric(made);
  };
  gauge('banyan_edge_endpoints', 'Endpoints by what is known of them.', ['target', 'state'], fillEndpoints);
  gauge('banyan_edge_endpoint_requests', 'Requests under way.', ['target', 'endpoint'], fillRequests, 'sum');
  gauge('banyan_edge_breakers', 'Routes by breaker; legacy has one for all.', ['target', 'state'], fillBreakers);
  countEjections(registry, configuration);
  const fallbacks = new Counter({
    name: 'banyan_edge_fallback_total',
    help: 'Requests a service failed: ok when legacy was asked, else why not.',
    labelNames: ['unit', 'verdict'],
    registers: [registry],
  });
  return (unit, verdict) => fallbacks.inc({ unit, verdict });
}

function fillEndpoints(gauge: Gauge, configuration: EdgeConfiguration): void {
  const states: Record<string, (endpoint: TargetEndpoint) => boolean> = {
    usable: ({ isUsable }) => isUsable,
    unhealthy: ({ isHealthy }) => !isHealthy,
    ejected: ({ isEjected }) => isEjected,
  };
  for (const { name: target, endpoints } of targetsOf(configuration))
    for (const [state, is] of Object.entries(states)) gauge.set({ target, state }, endpoints.filter(is).length);
}

function fillRequests(gauge: Gauge, configuration: EdgeConfiguration): void {
  for (const { name: target, endpoints } of targetsOf(configuration))
    for (const { url, inFlight } of endpoints) gauge.set({ target, endpoint: hostOf(url) }, inFlight);
}

function countEjections(registry: Registry, configuration: () => EdgeConfiguration): void {
  const counter: Counter = new Counter({
    name: 'banyan_edge_ejections_total',
    help: 'Endpoints ejected since their target was configured.',
    labelNames: ['target'],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const { name: target, ejections } of targetsOf(configuration())) counter.inc({ target }, ejections);
    },
  });
}

function fillBreakers(gauge: Gauge, { legacyBreaker, routes, targets }: EdgeConfiguration): void {
  for (const target of targets.services.keys()) for (const state of BREAKER_STATES) gauge.set({ target, state }, 0);
  for (const { unit, breaker } of routes.all) gauge.inc({ target: unit, state: breaker.state.name });
  gauge.set({ target: 'legacy', state: legacyBreaker.state.name }, 1);
}

function targetsOf({ targets }: EdgeConfiguration): Target[] {
  return targets.all.map(({ target }) => target);
}

/** Host and port alone: a path could hold anything. A Unix socket has neither. */
function hostOf(url: string): string {
  return new URL(url).host || 'unix';
}
