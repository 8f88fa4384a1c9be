import { Counter, type Registry } from '../../shared/index.ts';
import { REASONS, type Reason } from '../decide/decide.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Side } from '../decide/unit-state.ts';

const CLASSES = 7;
const OUTCOMES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] as const;
const SIDES = ['legacy', 'service'] as const;
const REASON_INDEX = new Map<Reason, number>(REASONS.map((reason, i) => [reason, i]));

/** What requests of one route template have come to. Plain numbers on the request path; labels only when scraped. */
export class RouteCounts {
  readonly unit: string;
  readonly method: string;
  readonly route: string;
  readonly #counts = new Float64Array(SIDES.length * REASONS.length * CLASSES);

  constructor(unit: string, method: string, route: string) {
    this.unit = unit;
    this.method = method;
    this.route = route;
  }

  /** `status` 0: no answer was given; -1: the answer or the client's connection broke off. */
  add(target: Side, reason: Reason, status: number): void {
    const side = target === 'legacy' ? 0 : 1;
    const outcome = status < 0 ? 6 : Math.min(5, Math.floor(status / 100));
    const index = (side * REASONS.length + (REASON_INDEX.get(reason) ?? 0)) * CLASSES + outcome;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  report(counter: Counter): void {
    this.#counts.forEach((count, i) => {
      if (count === 0) return;
      const status = OUTCOMES[i % CLASSES] ?? 'none';
      const reason = REASONS[Math.floor(i / CLASSES) % REASONS.length] ?? 'no-unit';
      const target = SIDES[Math.floor(i / CLASSES / REASONS.length)] ?? 'legacy';
      const { unit, method, route } = this;
      counter.inc({ unit, method, route, target, reason, status }, count);
    });
  }
}

/** The edge's metrics. Labels are templates and codes, never ids or paths (invariant 10). */
export class EdgeMetrics {
  readonly #routes = new Map<string, RouteCounts>();
  readonly #latency: Record<Side, LatencyHistogram>;
  readonly #rejected: Counter;
  readonly #targetFailures: Counter;
  readonly #shadow: Counter;

  constructor(registry: Registry) {
    const routes = this.#routes;
    const registers = [registry];
    const requests: Counter = new Counter({
      name: 'banyan_edge_requests_total',
      help: 'Requests by route template, target, reason and status class.',
      labelNames: ['unit', 'method', 'route', 'target', 'reason', 'status'],
      registers,
      collect() {
        this.reset();
        for (const route of routes.values()) route.report(requests);
      },
    });
    this.#latency = {
      legacy: new LatencyHistogram('banyan_edge_legacy_seconds', 'Request to end of answer, legacy.', registry),
      service: new LatencyHistogram('banyan_edge_service_seconds', 'Request to end of answer, services.', registry),
    };
    this.#rejected = counter(registers, 'banyan_edge_rejected_total', 'Requests the edge answered itself.', ['code']);
    this.#targetFailures = counter(registers, 'banyan_edge_target_failures_total', 'Targets that gave no answer.', [
      'target',
      'failure',
    ]);
    this.#shadow = counter(registers, 'banyan_edge_shadow_total', 'Mirrored reads by result.', ['unit', 'result']);
  }

  /** The counts of a route live on when the edge is configured anew. */
  route(unit: string, method: string, route: string): RouteCounts {
    const key = `${unit} ${method} ${route}`;
    const counts = this.#routes.get(key) ?? new RouteCounts(unit, method, route);
    this.#routes.set(key, counts);
    return counts;
  }

  answered(target: Side, ms: number): void {
    this.#latency[target].observe(ms);
  }

  rejected(code: string): void {
    this.#rejected.inc({ code });
  }

  targetFailed(target: string, failure: string): void {
    this.#targetFailures.inc({ target, failure });
  }

  shadow(unit: string, result: string): void {
    this.#shadow.inc({ unit, result });
  }
}

function counter(registers: Registry[], name: string, help: string, labelNames: string[]): Counter {
  return new Counter({ name, help, labelNames, registers });
}
