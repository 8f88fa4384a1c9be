/** One line of the append-only journal: who changed what, when and why, and what it looked like before and after. */
export interface JournalEntry {
  readonly id: number;
  /** `*` for what concerns all units. */
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
  /** Links to what the decision rested on: tickets, reports. */
  readonly evidence: readonly string[];
  /** The hash of the line before this one; of the first line {@link GENESIS}. */
  readonly previousHash: string;
  /** SHA-256 in hex over everything above. */
  readonly hash: string;
}

/** What the caller of a change says about it; the store adds id, time and the states. */
export interface JournalNote {
  readonly who: string;
  readonly action: string;
  /** Required: a blank one is refused. */
  readonly reason: string;
  readonly detail?: unknown;
  readonly evidence?: readonly string[];
}

/** A note with what it is about: all of a line but its place in the chain. */
export interface JournalLine extends JournalNote {
  readonly unit: string;
  readonly epoch: number;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The last line of the journal, as its writers keep it beside the lines. */
export interface JournalEnd {
  /** 0 while there is no line. */
  readonly id: number;
  readonly hash: string;
}

/** What the first line follows. */
export const GENESIS = '0'.repeat(64);
