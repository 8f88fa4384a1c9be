import type { Registrations } from '../../edge/index.ts';
import type { EndpointsByTarget } from './endpoint-directory.ts';

/** The registered endpoints as an edge of another process is told. What was heard last stays in force. */
export class RemoteEndpoints implements Registrations {
  readonly #listeners = new Set<() => void>();
  #known: EndpointsByTarget = {};

  accept(endpoints: EndpointsByTarget): void {
    this.#known = endpoints;
    for (const listener of this.#listeners) listener();
  }

  addresses(target: string): EndpointsByTarget[string] {
    return this.#known[target] ?? [];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
