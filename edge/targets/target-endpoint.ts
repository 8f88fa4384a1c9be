import type { Side } from '../decide/unit-state.ts';
import type { Bulkhead } from '../forward/bulkhead.ts';
import type { Endpoint } from '../forward/forwarder.ts';
import type { CallResult } from './call-result.ts';

/** Where an endpoint was found. */
export interface Address {
  readonly url: string;
  /** Its share of the requests, compared with the others'. */
  readonly weight: number;
}

/** The target an endpoint belongs to: told of every failure, at once. */
export interface EndpointHome {
  readonly side: Side;
  readonly name: string;
  /** Connections in a row that did not come about, to whichever endpoint. */
  connectFailures: number;
  failed(endpoint: TargetEndpoint): void;
}

/** One endpoint of a target and what the edge knows of it. Written on every request, so plain fields. */
export class TargetEndpoint implements Endpoint {
  readonly side: Side;
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  readonly #home: EndpointHome;
  /** Keeps its requests apart; there once the first one was sent. */
  bulkhead: Bulkhead | undefined;
  /** Requests sent that have not ended. */
  inFlight = 0;
  /** What its health check says; true while nothing is known. */
  isHealthy = true;
  isEjected = false;
  /** Failures since its last success. */
  consecutiveFailures = 0;
  /** Since the last sweep. */
  calls = 0;
  failures = 0;

  constructor(home: EndpointHome, { url, weight }: Address) {
    this.side = home.side;
    this.name = home.name;
    this.url = url;
    this.weight = weight;
    this.#home = home;
  }

  get isUsable(): boolean {
    return this.isHealthy && !this.isEjected;
  }

  /** What is compared when a request may go to either of two. */
  get load(): number {
    return (this.inFlight + 1) / this.weight;
  }

  begin(): void {
    this.inFlight++;
  }

  /** To be called once for each `begin`. */
  end(result: CallResult): void {
    this.inFlight--;
    if (result === 'none') return;
    this.calls++;
    if (result === 'unreachable') this.#home.connectFailures++;
    else this.#home.connectFailures = 0;
    if (result === 'ok') {
      this.consecutiveFailures = 0;
      return;
    }
    this.failures++;
    this.consecutiveFailures++;
    this.#home.failed(this);
  }
}
