import { createHash } from 'node:crypto';
import { GENESIS, type JournalEnd, type JournalEntry } from './journal-entry.ts';

/** The first line that does not hold. */
export interface ChainBreak {
  readonly id: number;
  /**
   * changed: its contents are not those that were written. moved: it stands where another line was written. removed: a
   * line before it is gone or was replaced. added: it was written past the journal. cut-off: lines after it are gone.
   * unexpected: it is not the line that was noted earlier.
   */
  readonly what: 'changed' | 'moved' | 'removed' | 'added' | 'cut-off' | 'unexpected';
  readonly message: string;
}

export type ChainVerdict =
  | { readonly holds: true; readonly lines: number; readonly last: JournalEnd }
  | ({ readonly holds: false; readonly lines: number } & ChainBreak);

/** The version of what is hashed; a line of another version would not be read by this code. */
const FORMAT = 'banyan-journal-1';

/** How far from its place a moved line is looked for. */
const MOVED_AT_MOST = 1_000;

/** Over values, not over their JSON: a server may store that with other spaces and another order of keys. */
export function hashOf(entry: Omit<JournalEntry, 'hash'>): string {
  const { id, unit, epoch, at, who, action, reason, before, after, detail, evidence, previousHash } = entry;
  const parts = [FORMAT, previousHash, id, unit, epoch, at, who, action, reason, before, after, detail, evidence];
  return createHash('sha256')
    .update(JSON.stringify(sorted(parts)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

/**
 * Checks a journal line by line, oldest first. What it cannot know by itself: whether somebody rewrote every line from
 * one on, and the end with them. For that, note the last line somewhere else and hand it in as `expected`.
 */
export class ChainCheck {
  readonly #expected: JournalEnd | undefined;
  #last: JournalEnd = { id: 0, hash: GENESIS };
  #lines = 0;
  #broken: ChainBreak | undefined;

  constructor(expected?: JournalEnd) {
    this.#expected = expected;
  }

  /** Lines after the first that does not hold are counted and not looked at. */
  take(entry: JournalEntry): void {
    this.#lines++;
    this.#broken ??= this.#problemOf(entry);
    this.#last = { id: entry.id, hash: entry.hash };
  }

  /** `end` is what the writers kept; absent when it is lost. */
  end(end: JournalEnd | undefined): ChainVerdict {
    const broken = this.#broken ?? this.#problemOfEnd(end);
    return broken
      ? { holds: false, lines: this.#lines, ...broken }
      : { holds: true, lines: this.#lines, last: this.#last };
  }

  #problemOf(entry: JournalEntry): ChainBreak | undefined {
    const { id, hash, previousHash } = entry;
    if (hashOf(entry) !== hash) return this.#contentsProblem(entry);
    if (previousHash !== this.#last.hash || id <= this.#last.id)
      return {
        id,
        what: 'removed',
        message: `what line ${id} follows is gone or was replaced; ${this.#last.id === 0 ? 'no line' : `line ${this.#last.id}`} stands before it`,
      };
    if (this.#expected?.id === id && this.#expected.hash !== hash)
      return { id, what: 'unexpected', message: `line ${id} is not the one with hash ${this.#expected.hash}` };
    return undefined;
  }

  #contentsProblem(entry: JournalEntry): ChainBreak {
    const { id } = entry;
    const places = Array.from({ length: 2 * MOVED_AT_MOST + 1 }, (_, index) => id - MOVED_AT_MOST + index);
    const place = places.find((other) => hashOf({ ...entry, id: other }) === entry.hash);
    return place === undefined
      ? { id, what: 'changed', message: `line ${id} is not as it was written` }
      : { id, what: 'moved', message: `line ${id} was written as line ${place}` };
  }

  #problemOfEnd(end: JournalEnd | undefined): ChainBreak | undefined {
    const { id, hash } = this.#last;
    if (!end) return { id, what: 'cut-off', message: `nobody knows whether line ${id} is the last: the end is lost` };
    if (end.id > id)
      return { id, what: 'cut-off', message: `lines after ${id} are gone: the last written is ${end.id}` };
    if (end.id < id) return { id, what: 'added', message: `line ${id} was written past the end, which is ${end.id}` };
    if (end.hash !== hash)
      return { id, what: 'changed', message: `line ${id} is not the last line that was written under this number` };
    const { id: wanted = 0 } = this.#expected ?? {};
    if (wanted > id) return { id, what: 'cut-off', message: `line ${wanted}, which is expected, is not there` };
    return undefined;
  }
}
