import type { Side } from '../decide/unit-state.ts';

/** What is known of the writes of one subject, or to one entity, on one side. */
export interface SideMarks {
  /** Writes whose position is not known yet. */
  pending: number;
  /** A position after all others; opaque. */
  at: object | undefined;
}

export type SubjectMarks = Readonly<Record<Side, SideMarks>>;

export function noMarks(): SideMarks {
  return { pending: 0, at: undefined };
}

/**
 * The marks of a unit, by subject or by entity, in the memory of this edge: reading must wait for nothing. Bounded; what
 * has to go to make room is handed back.
 */
export class MarkerStore {
  readonly #marks = new Map<string, SubjectMarks>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#marks.size;
  }

  get(key: string): SubjectMarks | undefined {
    return this.#marks.get(key);
  }

  /** The marks of a key, made when there are none. */
  open(key: string): { marks: SubjectMarks; evicted: SubjectMarks | undefined } {
    const known = this.#marks.get(key);
    if (known) return { marks: known, evicted: undefined };
    const evicted = this.#marks.size >= this.#limit ? this.#evict() : undefined;
    const marks = { legacy: noMarks(), service: noMarks() };
    this.#marks.set(key, marks);
    return { marks, evicted };
  }

  drop(key: string): void {
    this.#marks.delete(key);
  }

  /** Oldest first. */
  entries(): Iterable<readonly [key: string, marks: SubjectMarks]> {
    return this.#marks.entries();
  }

  /** The oldest that has no write under way; pending writes will resolve and must find their entry. */
  #evict(): SubjectMarks | undefined {
    for (const [key, marks] of this.#marks) {
      if (marks.legacy.pending > 0 || marks.service.pending > 0) continue;
      this.#marks.delete(key);
      return marks;
    }
    return undefined;
  }
}
