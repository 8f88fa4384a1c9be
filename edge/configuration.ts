import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../shared/index.ts';
import type { CompiledRoute, UnitGate } from './decide/unit-gate.ts';
import { edgeErrors } from './errors.ts';
import { RouteTable, type Route } from './match/route-table.ts';
import type { EdgeMetrics } from './observe/metrics.ts';
import { checkOptions, defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import { openTarget, type TargetChoice } from './targets/target-options.ts';
import type { Target } from './targets/target.ts';

/** What an edge can be told anew while it runs. Whatever is left out stays as it is. */
export type EdgeChanges = Partial<Pick<EdgeOptions, 'routes' | 'legacy' | 'services' | 'targetHosts' | 'limits'>>;

/** What lives on from one configuration to the next. */
export interface LivingParts {
  readonly gates: ReadonlyMap<string, UnitGate>;
  readonly metrics: EdgeMetrics;
  readonly clock: Clock;
}

/**
 * What a request is matched, decided and sent by, as one object that never changes. A reload makes another one and swaps
 * them at once; requests under way keep theirs.
 */
export class EdgeConfiguration {
  readonly options: EdgeOptions;
  readonly limits: EdgeLimits;
  readonly routes: RouteTable<CompiledRoute>;
  readonly legacy: Target;
  readonly services: ReadonlyMap<string, Target>;

  /** Throws with everything that is wrong with the options. Targets that did not change are taken over as they are. */
  constructor(options: EdgeOptions, parts: LivingParts, before?: EdgeConfiguration) {
    checkOptions(options);
    if (before) refuseRestarts(before.options, options);
    const { gates, metrics, clock } = parts;
    this.options = options;
    this.limits = { ...defaultLimits, ...options.limits };
    const known = before && isDeepStrictEqual(before.options.legacy, options.legacy) ? before.legacy : undefined;
    this.legacy = known ?? openTarget('legacy', 'legacy', options.legacy, clock);
    this.services = new Map([...gates.keys()].map((unit) => [unit, this.#serviceOf(unit, clock, before)]));
    this.routes = new RouteTable(options.routes.map((route) => this.#compile(route, gates, metrics)));
  }

  sweep(): void {
    this.legacy.sweep();
    for (const service of this.services.values()) service.sweep();
  }

  #serviceOf(unit: string, clock: Clock, before: EdgeConfiguration | undefined): Target {
    const choice: TargetChoice = this.options.services[unit] ?? '';
    const known = before?.services.get(unit);
    if (known && isDeepStrictEqual(before?.options.services[unit], choice)) return known;
    return openTarget('service', unit, choice, clock);
  }

  #compile(route: Route, gates: LivingParts['gates'], metrics: EdgeMetrics): CompiledRoute {
    const [gate, target] = [gates.get(route.unit), this.services.get(route.unit)];
    if (!gate || !target) throw new RangeError(`no unit ${route.unit}`);
    return { ...route, gate, target, counts: metrics.route(route.unit, route.method, route.path) };
  }
}

/** Limits that are looked at anew with every request. The others are built into listener and pools. */
const CHANGEABLE: ReadonlySet<string> = new Set<keyof EdgeLimits>(['holdMs', 'catchUpMs', 'drainMs']);

/** What a running edge cannot take up is refused, not ignored. */
function refuseRestarts(before: EdgeOptions, after: EdgeOptions): void {
  const [was, is] = [unitsOf(before), unitsOf(after)];
  const units = [
    ...[...is].filter((unit) => !was.has(unit)).map((unit) => `unit ${unit} is new`),
    ...[...was].filter((unit) => !is.has(unit)).map((unit) => `unit ${unit} is gone`),
  ];
  const [old, now] = [before, after].map(({ limits }) => ({ ...defaultLimits, ...limits }));
  const limits = Object.entries(now ?? {}).filter(([name, value]) => Reflect.get(old ?? {}, name) !== value);
  const fixed = limits.filter(([name]) => !CHANGEABLE.has(name)).map(([name]) => `limit ${name} is another one`);
  const problems = [...units, ...fixed];
  if (problems.length > 0) throw edgeErrors.error('EDGE_RESTART_NEEDED', { message: problems.join('; ') });
}

export function unitsOf({ routes }: Pick<EdgeOptions, 'routes'>): Set<string> {
  return new Set(routes.map(({ unit }) => unit));
}
