import { isDeepStrictEqual } from 'node:util';
import type { Registrations } from '../../edge/index.ts';
import { messageOf, type Log } from '../../shared/index.ts';
import type { EndpointRegistry, RegisteredEndpoint } from './endpoint-registry.ts';

/** The registered endpoints by target, as edges are told. */
export type EndpointsByTarget = Readonly<Record<string, readonly { readonly url: string; readonly weight: number }[]>>;

const POLL_MS = 500;

/**
 * The registered endpoints as this process knows them: looked up at every registration and twice a second, for leases
 * that ended and for registrations made elsewhere. While the database does not answer, the last known stay.
 */
export class EndpointDirectory implements Registrations {
  readonly #registry: EndpointRegistry;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  #known: EndpointsByTarget = {};
  #timer: NodeJS.Timeout | undefined;
  #isLost = false;

  constructor(registry: EndpointRegistry, log: Log) {
    this.#registry = registry;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#look();
    await this.#registry.forgetExpired();
    this.#timer = setInterval(() => void this.#look(), POLL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  value(): EndpointsByTarget {
    return this.#known;
  }

  addresses(target: string): EndpointsByTarget[string] {
    return this.#known[target] ?? [];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async renew(endpoint: RegisteredEndpoint, leaseMs: number): Promise<void> {
    await this.#registry.renew(endpoint, leaseMs);
    if (!this.addresses(endpoint.target).some(({ url }) => url === endpoint.url)) await this.#look();
  }

  async leave(target: string, url: string): Promise<void> {
    await this.#registry.leave(target, url);
    await this.#look();
  }

  async #look(): Promise<void> {
    try {
      this.#accept(byTarget(await this.#registry.live()));
      this.#isLost = false;
    } catch (error) {
      if (!this.#isLost) this.#log.warn({ problem: messageOf(error) }, 'the last known endpoints stay in force');
      this.#isLost = true;
    }
  }

  #accept(found: EndpointsByTarget): void {
    if (isDeepStrictEqual(found, this.#known)) return;
    this.#known = found;
    for (const listener of this.#listeners) listener();
  }
}

function byTarget(endpoints: readonly RegisteredEndpoint[]): EndpointsByTarget {
  const groups = Object.groupBy(endpoints, ({ target }) => target);
  return Object.fromEntries(
    Object.entries(groups).map(([target, group = []]) => [target, group.map(({ url, weight }) => ({ url, weight }))]),
  );
}
