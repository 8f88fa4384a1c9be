import type { EdgeOptions } from '../../edge/index.ts';
import type { Bench } from './bench.ts';

export const FORWARDERS = ['direct', 'undici', 'http-proxy-middleware'] as const;
export type ForwarderName = (typeof FORWARDERS)[number];

/** One row of the checklist: what is sent, and what must come of it. */
export interface Case {
  /** Its row in the catalogue. */
  readonly number: number;
  /** What is sent, in words. */
  readonly sends: string;
  /** What must come of it, in the words of the probe. */
  readonly expects: string;
  /**
   * Sends it and tells in one line what came of it; the case passes when that is `expects` to the letter. Asked of every
   * proxy alike.
   */
  probe(bench: Bench): Promise<string>;
  /** Settings of the edge for this case. */
  readonly edge?: Partial<EdgeOptions>;
  /** Forwarders the case is run with; all unless it ends before any of them. */
  readonly forwarders?: readonly ForwarderName[];
  /** What a forwarder does otherwise, and why that is good enough. */
  readonly exceptions?: Partial<Record<ForwarderName, { readonly expects: string; readonly because: string }>>;
  /** True where only the edge can be asked: the case is about something the peers do not have. */
  readonly isOfEdge?: boolean;
}

/** For cases that are settled before anything is forwarded. */
export const ANY: readonly ForwarderName[] = ['direct'];
