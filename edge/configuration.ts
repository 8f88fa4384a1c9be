import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../shared/index.ts';
import type { AnswerRewriter } from './answers/answer-rewriter.ts';
import { openRewriter } from './answers/open-rewriter.ts';
import { Breaker } from './breaker/breaker.ts';
import { placeOfRoute } from './forward/bulkhead.ts';
import type { CompiledRoute, UnitGate } from './decide/unit-gate.ts';
import { edgeErrors } from './errors.ts';
import { entitySegment } from './match/entity.ts';
import { Pins } from './pin/pins.ts';
import { RouteTable, type Route } from './match/route-table.ts';
import { RateGate } from './limit/rate-gate.ts';
import type { RateRule } from './limit/rate-rule.ts';
import type { RateStore } from './limit/rate-store.ts';
import type { EdgeMetrics } from './observe/metrics.ts';
import { checkOptions, defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import type { Target } from './targets/target.ts';
import { Targets } from './targets/targets.ts';

/** What an edge can be told anew while it runs. Whatever is left out stays as it is. */
export type EdgeChanges = Partial<
  Pick<
    EdgeOptions,
    | 'routes'
    | 'legacy'
    | 'services'
    | 'targetHosts'
    | 'breaker'
    | 'limits'
    | 'rates'
    | 'references'
    | 'answers'
    | 'comparison'
  >
>;

/** How a unit's service is, as an edge sees it. */
export interface ServiceStanding {
  readonly endpoints: number;
  /** Neither unhealthy nor ejected. */
  readonly usable: number;
  /** Routes whose breaker is not closed. */
  readonly brokenRoutes: number;
}

/** What lives on from one configuration to the next. */
export interface LivingParts {
  readonly gates: ReadonlyMap<string, UnitGate>;
  readonly metrics: EdgeMetrics;
  readonly clock: Clock;
  readonly rateStore: RateStore;
}

/**
 * What a request is matched, decided and sent by, as one object that never changes. A reload makes another one and swaps
 * them at once; requests under way keep theirs.
 */
export class EdgeConfiguration {
  readonly options: EdgeOptions;
  readonly limits: EdgeLimits;
  readonly routes: RouteTable<CompiledRoute>;
  readonly targets: Targets;
  readonly legacy: Target;
  /** Refuses nothing: there is nowhere else to go. Keeps what the service failed away from a legacy that fails too. */
  readonly legacyBreaker: Breaker;
  readonly breakers: ReadonlyMap<string, Breaker>;
  readonly legacyAnswers: AnswerRewriter | undefined;
  readonly pins: Pins;
  readonly #answers: ReadonlyMap<string, AnswerRewriter | undefined>;
  /** Of requests that belong to no unit. */
  readonly rateGate: RateGate | undefined;

  /** Throws with everything that is wrong with the options. Targets that did not change are taken over as they are. */
  constructor(options: EdgeOptions, parts: LivingParts, before?: EdgeConfiguration) {
    checkOptions(options);
    if (before) refuseRestarts(before.options, options);
    const { clock, rateStore } = parts;
    this.options = options;
    this.limits = { ...defaultLimits, ...options.limits };
    this.targets = new Targets(options, clock, before?.targets);
    this.legacy = this.targets.legacy.target;
    this.legacyBreaker = new Breaker({ limits: options.breaker ?? {}, target: this.legacy });
    this.breakers = this.#breakersOf(options.routes, before);
    this.rateGate = gateOf(options.rates, [], '', rateStore);
    this.pins = new Pins(options.edgeKey);
    this.legacyAnswers = openRewriter('legacy', options.legacy, options, parts.metrics);
    this.#answers = this.#answersOf(parts);
    this.routes = new RouteTable(options.routes.map((route, n) => this.#compile(route, placeOfRoute(n), parts)));
  }

  standingOf(unit: string): ServiceStanding {
    const { endpoints = [] } = this.serviceOf(unit) ?? {};
    const ofUnit = this.routes.all.filter((route) => route.unit === unit);
    return {
      endpoints: endpoints.length,
      usable: endpoints.filter(({ isUsable }) => isUsable).length,
      brokenRoutes: ofUnit.filter(({ breaker }) => !breaker.isClosed).length,
    };
  }

  /** The target of a unit's service. */
  serviceOf(unit: string): Target | undefined {
    return this.targets.services.get(unit)?.target;
  }

  /** A breaker lives on while its route leads to the same target under the same limits. */
  #breakersOf(routes: readonly Route[], before: EdgeConfiguration | undefined): Map<string, Breaker> {
    const { breaker: limits = {}, log } = this.options;
    const areSame = isDeepStrictEqual(before?.options.breaker, this.options.breaker);
    const entries = routes.flatMap(({ unit, method, path }) => {
      const target = this.serviceOf(unit);
      if (!target) return [];
      const known =
        areSame && before?.serviceOf(unit) === target ? before.breakers.get(keyOf(method, path)) : undefined;
      const onOpen = (): void => log.warn({ unit, method, route: path }, 'the service fails this route: breaker open');
      return [[keyOf(method, path), known ?? new Breaker({ limits, target, onOpen })] as const];
    });
    return new Map(entries);
  }

  #answersOf({ gates, metrics }: LivingParts): Map<string, AnswerRewriter | undefined> {
    const { services } = this.options;
    return new Map([...gates.keys()].map((unit) => [unit, openRewriter(unit, services[unit], this.options, metrics)]));
  }

  #compile(route: Route, place: number, { gates, metrics, rateStore }: LivingParts): CompiledRoute {
    const { unit, method, path, maxBodyBytes = this.limits.maxBodyBytes } = route;
    const [gate, target, breaker] = [gates.get(unit), this.serviceOf(unit), this.breakers.get(keyOf(method, path))];
    if (!gate || !target || !breaker) throw new RangeError(`no unit ${unit}`);
    const rateGate = gateOf(this.options.rates, route.rates ?? [], keyOf(method, path), rateStore);
    const [counts, answers, entityAt] = [
      metrics.route(unit, method, path),
      this.#answers.get(unit),
      entitySegment(route),
    ];
    const key = keyOf(method, path);
    return { ...route, key, gate, target, breaker, maxBodyBytes, rateGate, answers, counts, place, entityAt };
  }
}

function gateOf(
  everywhere: readonly RateRule[] = [],
  ofRoute: readonly RateRule[],
  route: string,
  store: RateStore,
): RateGate | undefined {
  return everywhere.length + ofRoute.length === 0 ? undefined : new RateGate(everywhere, ofRoute, route, store);
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}

/** Limits that are looked at anew with every request. The others are built into listener and pools. */
const CHANGEABLE: ReadonlySet<string> = new Set<keyof EdgeLimits>([
  'holdMs',
  'catchUpMs',
  'unreadyMs',
  'lingerMs',
  'drainMs',
  'maxBodyBytes',
]);

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
