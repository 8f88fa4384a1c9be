import { randomBytes } from 'node:crypto';
import { TrustedHops } from './trusted-hops.ts';

/** What hygiene goes by; the same for all requests of an edge. */
export interface HygienePolicy {
  readonly maxHeaders: number;
  /** Names this edge in what it forwards; no other edge has it. */
  readonly edgeId: string;
  /** Proxies in front whose forwarding headers are believed; undefined for none. */
  readonly trustedHops: TrustedHops | undefined;
}

/** The proxies are addresses and networks, and checked. */
export function openPolicy(maxHeaders: number, trustedProxies: readonly string[] = []): HygienePolicy {
  const trustedHops = trustedProxies.length === 0 ? undefined : new TrustedHops(trustedProxies);
  return { maxHeaders, edgeId: randomBytes(6).toString('hex'), trustedHops };
}
