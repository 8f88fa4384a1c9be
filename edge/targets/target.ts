import { systemClock, type Clock } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import { Outliers, type OutlierLimits } from './outliers.ts';
import { TargetEndpoint, type Address, type EndpointHome } from './target-endpoint.ts';

export interface TargetParts {
  readonly side: Side;
  /** `legacy`, or the unit whose service it is. */
  readonly name: string;
  readonly outliers?: Partial<OutlierLimits>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * One application a request can be sent to: a name and its endpoints, never none. Requests follow the better of two
 * random choices among the usable ones; a target with one endpoint costs a request one pointer read, `only`. When no
 * endpoint is usable, health is not believed and all of them are used: an answer that may fail beats none.
 */
export class Target implements EndpointHome {
  readonly side: Side;
  readonly name: string;
  /** The endpoint to use, while there is no choice. */
  only: TargetEndpoint | undefined;
  /** Some usable endpoint. */
  first: TargetEndpoint;
  connectFailures = 0;
  readonly #outliers: Outliers;
  readonly #clock: Clock;
  readonly #random: () => number;
  #all: readonly TargetEndpoint[];
  #usable: readonly TargetEndpoint[];

  constructor({ side, name, outliers, clock, random }: TargetParts, addresses: readonly Address[]) {
    const [one] = addresses;
    if (!one) throw new RangeError(`${name} has no endpoint`);
    this.side = side;
    this.name = name;
    this.#outliers = new Outliers(outliers);
    this.#clock = clock ?? systemClock;
    this.#random = random ?? Math.random;
    this.first = new TargetEndpoint(this, one);
    this.#all = this.#usable = [this.first];
    this.only = this.first;
    this.replace(addresses);
  }

  get endpoints(): readonly TargetEndpoint[] {
    return this.#all;
  }

  get ejections(): number {
    return this.#outliers.total;
  }

  /** Two are drawn, the one with fewer requests under way is taken. */
  pick(): TargetEndpoint {
    return this.only ?? this.#drawFrom(this.#usable);
  }

  /** For a second attempt: an endpoint other than the one that has just failed. */
  other(than: TargetEndpoint): TargetEndpoint | undefined {
    const others = this.#usable.filter((endpoint) => endpoint !== than);
    return others.length > 0 ? this.#drawFrom(others) : undefined;
  }

  /** Endpoints that stay keep what is known of them. An empty list changes nothing: the last known stay in force. */
  replace(addresses: readonly Address[]): void {
    if (addresses.length === 0) return;
    const known = new Map(this.#all.map((endpoint) => [endpoint.url, endpoint]));
    const distinct = new Map(addresses.map((address) => [address.url, address]));
    if ([...distinct.keys()].some((url) => !known.has(url))) this.connectFailures = 0; // Of those nothing is known.
    this.#all = [...distinct.values()].map((address) => {
      const before = known.get(address.url);
      return before?.weight === address.weight ? before : new TargetEndpoint(this, address);
    });
    this.refresh();
  }

  /** To be called when the standing of an endpoint has changed. */
  refresh(): void {
    const usable = this.#all.filter(({ isUsable }) => isUsable);
    this.#usable = usable.length > 0 ? usable : this.#all;
    this.only = this.#usable.length === 1 ? this.#usable[0] : undefined;
    this.first = this.#usable[0] ?? this.first;
  }

  failed(endpoint: TargetEndpoint): void {
    if (this.#all.length > 1 && this.#outliers.failed(endpoint, this.#all, this.#clock.now())) this.refresh();
  }

  /** To be called a few times a second. */
  sweep(): void {
    if (this.#all.length > 1 && this.#outliers.sweep(this.#all, this.#clock.now())) this.refresh();
  }

  #drawFrom(endpoints: readonly TargetEndpoint[]): TargetEndpoint {
    const first = Math.floor(this.#random() * endpoints.length);
    const among = Math.floor(this.#random() * (endpoints.length - 1));
    const one = endpoints[first] ?? this.first;
    const other = endpoints[among < first ? among : among + 1] ?? one;
    return other.load < one.load ? other : one;
  }
}
