import type { Address } from '../targets/target-endpoint.ts';
import type { EndpointSource, Tell } from './endpoint-source.ts';

/** Who has registered as an endpoint of which target. Handed in by whoever keeps the registrations. */
export interface Registrations {
  /** Empty when nobody has, or nothing is known yet. */
  addresses(target: string): readonly Address[];
  /** Calls at every change; the answer ends it. */
  onChange(listener: () => void): () => void;
}

/** The endpoints that said themselves where they are. While none has, the target is where its plan says. */
export class RegisteredEndpoints implements EndpointSource {
  readonly #registrations: Registrations;
  readonly #target: string;
  readonly #otherwise: Address;
  #end: () => void = () => undefined;

  constructor(registrations: Registrations, target: string, otherwise: Address) {
    this.#registrations = registrations;
    this.#target = target;
    this.#otherwise = otherwise;
  }

  start(tell: Tell): void {
    const look = (): void => {
      const addresses = this.#registrations.addresses(this.#target);
      tell(addresses.length > 0 ? addresses : [this.#otherwise]);
    };
    this.#end = this.#registrations.onChange(look);
    look();
  }

  stop(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }
}
