import type { MetricObject } from '../../shared/index.ts';

/** Where a worker's doors are, by name; the same for all workers of a cluster. */
export type Ports = Readonly<Record<string, number>>;

/** From the cluster to a worker. */
export interface ToWorker {
  /** To be answered with the same number. */
  readonly count?: number;
  /** An operator's word on the kill switch. */
  readonly kill?: { readonly unit: string; readonly killed: boolean };
  /** Finish what is under way, and end. */
  readonly leave?: true;
}

/** From a worker to the cluster. */
export interface FromWorker {
  /** It takes requests. */
  readonly ready?: Ports;
  /** What it has counted: asked for by a number, or its last word. */
  readonly counted?: { readonly number?: number; readonly metrics: readonly MetricObject[] };
  /** What it wants kept for the next start; whoever keeps it knows its shape. */
  readonly keep?: unknown;
}
