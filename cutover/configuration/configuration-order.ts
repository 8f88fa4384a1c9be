import type { ConfigurationFile } from './configuration-file.ts';

/** A configuration for all edges: the files as they are written, so that each edge fills in its own environment. */
export interface ConfigurationOrder {
  /** Tells this order's answers from those of another. */
  readonly id: string;
  readonly revision: number;
  /** try: only looked at, before it is applied; dry-run: only looked at. */
  readonly purpose: 'try' | 'dry-run' | 'apply';
  readonly files: readonly ConfigurationFile[];
}

/** What became of it at one edge. */
export interface ConfigurationAnswer {
  readonly id: string;
  /** Why the edge stays as it is; absent when it took the order up, or could. */
  readonly problem?: string;
}

/** What became of it at an edge of the group. */
export interface EdgeConfigured {
  readonly edge: string;
  readonly problem?: string;
  /** From the order to the answer; absent when there was none. */
  readonly ms?: number;
}
