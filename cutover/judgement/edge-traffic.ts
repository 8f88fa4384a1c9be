import { ApiClient, type Registry } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import { samplesOf, type MetricSample } from '../kpi/metric-samples.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import type { TrafficSource } from './traffic-watch.ts';

const TIMEOUT_MS = 1_000;
const NAMES = ['banyan_edge_requests_total', 'banyan_edge_request_duration_seconds'];

/** Asks the admin listener of every edge. Workers behind one listener answer as one. */
export class EdgeTraffic implements TrafficSource {
  readonly #edges: Pick<EdgeGroup, 'edges'>;
  readonly #token: string;

  constructor(edges: Pick<EdgeGroup, 'edges'>, token: string) {
    this.#edges = edges;
    this.#token = token;
  }

  async read(): Promise<ReadonlyMap<string, readonly MetricSample[]> | undefined> {
    const standings = this.#edges.edges();
    const isKnown = standings.every(({ address, silentMs }) => address !== '' && silentMs === undefined);
    if (!isKnown || standings.length === 0) return undefined;
    const addresses = [...new Set(standings.map(({ address }) => address))];
    const answers = addresses.map(async (address) => [address, await this.#ask(address)] as const);
    return new Map(await Promise.all(answers));
  }

  async #ask(address: string): Promise<MetricSample[]> {
    const client = new ApiClient({
      url: `http://${address}`,
      token: this.#token,
      unreachable: (facts) => cutoverErrors.error('CONTROL_EDGE_UNREACHABLE', facts),
    });
    return samplesOf(await client.text('/metrics', { timeoutMs: TIMEOUT_MS }), 'banyan_edge_request');
  }
}

/** The one edge of this process. */
export class OwnTraffic implements TrafficSource {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async read(): Promise<ReadonlyMap<string, readonly MetricSample[]>> {
    const texts = NAMES.map((name) => this.#registry.getSingleMetricAsString(name));
    return new Map([['own', (await Promise.all(texts)).flatMap((text) => samplesOf(text))]]);
  }
}
