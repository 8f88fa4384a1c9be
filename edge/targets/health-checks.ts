import { Agent, request } from 'undici';
import type { Clock, Log } from '../../shared/index.ts';
import type { HostAllowList } from './host-allow-list.ts';
import type { TargetEndpoint } from './target-endpoint.ts';
import type { Target } from './target.ts';
import { undiciOrigin } from './unix-socket.ts';

export interface HealthCheckOptions {
  /** Asked with GET; any 2xx is healthy. */
  readonly path: string;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
  /** Good answers in a row that make an unhealthy endpoint healthy. */
  readonly healthyAfter?: number;
  /** Bad or missing answers in a row that make a healthy one unhealthy. */
  readonly unhealthyAfter?: number;
}

export interface HealthCheckParts {
  readonly target: Target;
  /** Of the target as a whole: its host is the one that is asked for. */
  readonly url: string;
  readonly options: HealthCheckOptions;
  readonly allowed: HostAllowList;
  readonly clock: Clock;
  readonly log: Log;
}

const defaults = { everyMs: 5_000, timeoutMs: 1_000, healthyAfter: 2, unhealthyAfter: 3 };

/** Asks each endpoint of a target how it is, on a connection of its own each time, and believes several answers only. */
export class HealthChecks {
  readonly #parts: HealthCheckParts;
  readonly #limits: Required<HealthCheckOptions>;
  /** One for all addresses, and one for each Unix socket. */
  readonly #agents = new Map<string | undefined, Agent>();
  readonly #stop = new AbortController();
  /** Answers in a row that speak against what is held of an endpoint. */
  readonly #against = new WeakMap<TargetEndpoint, number>();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: HealthCheckParts) {
    this.#parts = parts;
    this.#limits = { ...defaults, ...parts.options };
  }

  start(): void {
    this.#running = this.#repeat();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { target, clock } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await Promise.all(target.endpoints.map((endpoint) => this.#check(endpoint)));
      await clock.sleep(this.#limits.everyMs, signal);
    }
  }

  async #check(endpoint: TargetEndpoint): Promise<void> {
    const isGood = await this.#ask(endpoint);
    if (this.#stop.signal.aborted) return;
    if (isGood) this.#parts.target.connectFailures = 0;
    const against = isGood === endpoint.isHealthy ? 0 : (this.#against.get(endpoint) ?? 0) + 1;
    this.#against.set(endpoint, against);
    if (against >= (endpoint.isHealthy ? this.#limits.unhealthyAfter : this.#limits.healthyAfter)) this.#turn(endpoint);
  }

  #turn(endpoint: TargetEndpoint): void {
    const { target, log } = this.#parts;
    this.#against.set(endpoint, 0);
    endpoint.isHealthy = !endpoint.isHealthy;
    target.refresh();
    const known = { target: target.name, endpoint: endpoint.url };
    log.warn(known, endpoint.isHealthy ? 'endpoint is healthy again' : 'endpoint is unhealthy');
  }

  async #ask({ url }: TargetEndpoint): Promise<boolean> {
    const { path, timeoutMs } = this.#limits;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
    const headers = { host: new URL(this.#parts.url).host || 'localhost', 'user-agent': 'banyan-health' };
    const { origin, connect } = undiciOrigin(url);
    const dispatcher = this.#agentOf(connect.socketPath);
    try {
      const { statusCode, body } = await request(new URL(path, origin), { dispatcher, headers, signal });
      await body.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      return false;
    }
  }

  #agentOf(socketPath: string | undefined): Agent {
    const known = this.#agents.get(socketPath);
    if (known) return known;
    const { timeoutMs: timeout } = this.#limits;
    const place = socketPath === undefined ? { lookup: this.#parts.allowed.lookup } : { socketPath };
    const agent = new Agent({ pipelining: 0, connect: { timeout, ...place } });
    this.#agents.set(socketPath, agent);
    return agent;
  }
}
