import type { MetricObject } from '../../shared/index.ts';
import type { RecordedRequest } from '../record/recorded-request.ts';
import type { RecordOrder } from '../record/request-recorder.ts';

/** Where a worker's doors are, by name; the same for all workers of a cluster. */
export type Ports = Readonly<Record<string, number>>;

/** From the cluster to a worker. */
export interface ToWorker {
  /** To be answered with the same number. */
  readonly count?: number;
  /** An operator's word on the kill switch. */
  readonly kill?: { readonly unit: string; readonly killed: boolean };
  /** It may open its doors: all orders that hold have been given. */
  readonly open?: true;
  /** Begin the recording of that number or, without an order, end it. */
  readonly record?: { readonly number: number; readonly order?: RecordOrder };
  /** Finish what is under way, and end. */
  readonly leave?: true;
}

/** From a worker to the cluster. */
export interface FromWorker {
  /** It does what it is told, and waits to be let open its doors. What it was told before is lost. */
  readonly serves?: true;
  /** It takes requests. */
  readonly ready?: Ports;
  /** What it has counted: asked for by a number, or its last word. */
  readonly counted?: { readonly number?: number; readonly metrics: readonly MetricObject[] };
  readonly recorded?: RecordedWord;
  /** What it wants kept for the next start; whoever keeps it knows its shape. */
  readonly keep?: unknown;
}

/** A worker on the recording of that number: it has begun when there is nothing else. */
export interface RecordedWord {
  readonly number: number;
  readonly request?: RecordedRequest;
  /** Requests it could not pass on so far. */
  readonly dropped: number;
  /** Why it does not record. */
  readonly refused?: string;
  /** Nothing more comes. */
  readonly isOver?: true;
}
