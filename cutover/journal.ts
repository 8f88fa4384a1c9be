/** One line of the append-only journal: who changed what, when and why. */
export interface JournalEntry {
  readonly id: number;
  readonly unit: string;
  readonly epoch: number;
  /** UTC, `2026-11-21 08:00:00.000`. */
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly reason: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Timings, gates and positions of the action. Never rows or secrets. */
  readonly detail: unknown;
}

/** What the caller of a change says about it; the store adds id, time and the states. */
export interface JournalNote {
  readonly who: string;
  readonly action: string;
  readonly reason: string;
  readonly detail?: unknown;
}
