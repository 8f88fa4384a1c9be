import type { Address } from '../targets/target-endpoint.ts';

/** Takes all addresses of a target as they are now. */
export type Tell = (addresses: readonly Address[]) => void;

/**
 * Where the addresses of a target come from. Tells all of them as soon as it knows them and at every change. While it
 * does not know, it says nothing: what it said last stays in force.
 */
export interface EndpointSource {
  start(tell: Tell): void;
  stop(): Promise<void>;
}
