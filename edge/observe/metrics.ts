import { Counter, Gauge, type Registry } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import type { PoolState } from '../forward/forwarder.ts';
import { registerLatency } from './latency-histogram.ts';
import { RouteCounts } from './route-counts.ts';

/** So many route templates have series of their own; the rest of a unit shares one, named `*`. */
const MAX_ROUTES = 2000;

/** The edge's metrics. Labels are templates and codes, never ids or paths (invariant 10). */
export class EdgeMetrics {
  /** Requests that have come and not ended. */
  inFlight = 0;
  readonly #registers: Registry[];
  readonly #routes = new Map<string, RouteCounts>();
  readonly #bytes = { legacy: { request: 0, answer: 0 }, service: { request: 0, answer: 0 } };
  readonly #rejected: Counter;
  readonly #targetFailures: Counter;
  readonly #retries: Counter;
  readonly #shadow: Counter;
  readonly #shadowWrites: Counter;
  readonly #accessLogDropped: Counter;
  readonly #rateStoreFailed: Counter;
  readonly #references: Counter;
  readonly #foreignCookies: Counter;
  readonly #marksRefused: Counter;

  constructor(registry: Registry) {
    this.#registers = [registry];
    this.#countRequests();
    registerLatency(registry, 'banyan_edge_request_duration_seconds', 'From request to end of answer.', () =>
      [...this.#routes.values()].flatMap((route) => route.latencies()),
    );
    this.#gauge('banyan_edge_requests_in_flight', 'Requests that have come and not ended.', () => this.inFlight);
    this.#countBytes('request', 'Bytes of request bodies, by target.');
    this.#countBytes('answer', 'Bytes of answer bodies, by target.');
    this.#rejected = this.#counter('banyan_edge_rejected_total', 'Requests the edge answered itself.', ['code']);
    this.#targetFailures = this.#counter('banyan_edge_target_failures_total', 'Targets that gave no answer.', [
      'target',
      'failure',
    ]);
    this.#retries = this.#counter('banyan_edge_retries_total', 'Requests sent once more on a new connection.', [
      'target',
    ]);
    this.#shadow = this.#counter('banyan_edge_shadow_total', 'Mirrored reads by result.', ['unit', 'result']);
    const rehearsed = 'Copies of writes that legacy took, shown to the service, by result.';
    this.#shadowWrites = this.#counter('banyan_edge_shadow_writes_total', rehearsed, ['unit', 'route', 'result']);
    const forged = 'Marker cookies that no key opens: forged, or sealed with a key that is gone.';
    this.#marksRefused = this.#counter('banyan_edge_marker_cookies_refused_total', forged, []);
    const lost = 'Lines the access log could not write.';
    const own = "Headers of answers that name their target's own address.";
    this.#references = this.#counter('banyan_edge_answer_references_total', own, ['target', 'header']);
    const foreign = 'Cookies left out of answers because another target owns them.';
    this.#foreignCookies = this.#counter('banyan_edge_foreign_cookies_total', foreign, ['target']);
    const alone = 'Times the shared store of rates did not answer and the edge counted alone.';
    this.#rateStoreFailed = this.#counter('banyan_edge_rate_store_failures_total', alone, []);
    this.#accessLogDropped = this.#counter('banyan_edge_access_log_dropped_total', lost, []);
  }

  /** The counts of a route live on when the edge is configured anew. */
  route(unit: string, method: string, route: string): RouteCounts {
    const key = `${unit} ${method} ${route}`;
    const known = this.#routes.get(key);
    if (known) return known;
    if (this.#routes.size >= MAX_ROUTES && route !== '*') return this.route(unit, '*', '*');
    const counts = new RouteCounts({ unit, method, route });
    this.#routes.set(key, counts);
    return counts;
  }

  routesOf(unit: string): RouteCounts[] {
    return [...this.#routes.values()].filter((route) => route.unit === unit);
  }

  carried(target: Side, requestBytes: number, answerBytes: number): void {
    const bytes = this.#bytes[target];
    bytes.request += requestBytes;
    bytes.answer += answerBytes;
  }

  rejected(code: string): void {
    this.#rejected.inc({ code });
  }

  targetFailed(target: string, failure: string): void {
    this.#targetFailures.inc({ target, failure });
  }

  retried(target: string, times: number): void {
    this.#retries.inc({ target }, times);
  }

  referred(target: string, header: string): void {
    this.#references.inc({ target, header });
  }

  cookieLeftOut(target: string): void {
    this.#foreignCookies.inc({ target });
  }

  rateStoreFailed(): void {
    this.#rateStoreFailed.inc();
  }

  accessLogDropped(): void {
    this.#accessLogDropped.inc();
  }

  markRefused(): void {
    this.#marksRefused.inc();
  }

  shadow(unit: string, result: string): void {
    this.#shadow.inc({ unit, result });
  }

  shadowWrite(unit: string, route: string, result: string): void {
    this.#shadowWrites.inc({ unit, route, result });
  }

  /** Publishes the connections to the targets, read when somebody looks. */
  watchPools(pools: () => readonly PoolState[]): void {
    const help = 'Connections to a target, by state.';
    const connections = this.#reading('banyan_edge_pool_connections', help, ['target', 'state'], () => {
      for (const { target, busy, free } of pools()) {
        connections.inc({ target, state: 'busy' }, busy);
        connections.inc({ target, state: 'free' }, free);
      }
    });
    const waiting = this.#reading(
      'banyan_edge_pool_waiting',
      'Requests that wait for a connection.',
      ['target'],
      () => {
        for (const pool of pools()) waiting.inc({ target: pool.target }, pool.waiting);
      },
    );
  }

  #countRequests(): void {
    const routes = this.#routes;
    const requests: Counter = new Counter({
      name: 'banyan_edge_requests_total',
      help: 'Requests sent to a target, by route template, target, reason and status class.',
      labelNames: ['unit', 'method', 'route', 'target', 'reason', 'status'],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const route of routes.values()) route.report(requests);
      },
    });
  }

  #countBytes(way: 'request' | 'answer', help: string): void {
    const bytes = this.#bytes;
    const name = `banyan_edge_${way}_bytes_total`;
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: ['target'],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const target of ['legacy', 'service'] as const) counter.inc({ target }, bytes[target][way]);
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: this.#registers, collect: () => gauge.set(value()) });
  }

  #reading(name: string, help: string, labelNames: string[], read: () => void): Gauge {
    const registers = this.#registers;
    const collect = function (this: Gauge): void {
      this.reset();
      read();
    };
    return new Gauge({ name, help, labelNames, registers, collect });
  }
}
