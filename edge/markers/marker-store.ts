import type { Sample } from './sampler.ts';
import type { Side } from '../decide/unit-state.ts';

/** What is known of a subject's own writes on one side. */
export interface SideMarks {
  /** Writes whose position is not known yet. */
  pending: number;
  /** The newest known position. */
  sample: Sample | undefined;
}

export type SubjectMarks = Readonly<Record<Side, SideMarks>>;

/** Where the marks of a unit's subjects are kept. Reading is synchronous: a shared store must keep a copy here. */
export interface MarkerStore {
  get(subjectId: string): SubjectMarks | undefined;
  /** The marks of a subject, made when there are none. What had to go to make room is handed back. */
  open(subjectId: string): { marks: SubjectMarks; evicted: SubjectMarks | undefined };
  drop(subjectId: string): void;
  /** Oldest first. */
  entries(): Iterable<readonly [subjectId: string, marks: SubjectMarks]>;
  readonly size: number;
}

export class MemoryMarkerStore implements MarkerStore {
  readonly #marks = new Map<string, SubjectMarks>();
  readonly #limit: number;

  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#marks.size;
  }

  get(subjectId: string): SubjectMarks | undefined {
    return this.#marks.get(subjectId);
  }

  open(subjectId: string): { marks: SubjectMarks; evicted: SubjectMarks | undefined } {
    const known = this.#marks.get(subjectId);
    if (known) return { marks: known, evicted: undefined };
    const evicted = this.#marks.size >= this.#limit ? this.#evict() : undefined;
    const marks = { legacy: { pending: 0, sample: undefined }, service: { pending: 0, sample: undefined } };
    this.#marks.set(subjectId, marks);
    return { marks, evicted };
  }

  drop(subjectId: string): void {
    this.#marks.delete(subjectId);
  }

  entries(): Iterable<readonly [string, SubjectMarks]> {
    return this.#marks.entries();
  }

  /** The oldest that has no write under way; pending writes will resolve and must find their entry. */
  #evict(): SubjectMarks | undefined {
    for (const [subjectId, marks] of this.#marks) {
      if (marks.legacy.pending > 0 || marks.service.pending > 0) continue;
      this.#marks.delete(subjectId);
      return marks;
    }
    return undefined;
  }
}
