import { randomUUID } from 'node:crypto';
import type { ChangeSource, SourceTransaction, StartPoint } from '../../cdc/index.ts';

/** Transactions of legacy's log that were read together, of which none is Banyan's own. */
export interface WriteGroup {
  /** Grows. */
  readonly id: number;
  /** How long ago they were read here. */
  readonly agoMs: number;
  /** How long before that they were committed, at most, as the clocks of both say. */
  readonly lateMs: number;
  /** How many changed a table of the unit, by table. */
  readonly tables: Readonly<Record<string, number>>;
  /** `user@host` of the sessions that were at work when they were read; empty where that cannot be known. */
  readonly users: readonly string[];
}

/** As far back as it is remembered; travels as JSON. */
export interface SourceWritesReport {
  /** Another one after a restart: then ids begin anew. */
  readonly run: string;
  readonly groups: readonly WriteGroup[];
}

export interface SourceWritesOptions {
  /** The domain of the stream that writes to legacy. */
  readonly ownDomain: number;
  /** Who has just been at work in legacy's schema. */
  readonly atWork: () => Promise<readonly string[]>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Group {
  readonly id: number;
  readonly readAt: number;
  lateMs: number;
  readonly tables: Record<string, number>;
  users: readonly string[];
}

const GROUP_MS = 250;
const MOST_GROUPS = 1_000;
/** Sessions are looked at no more often. */
const LOOK_EVERY_MS = 1_000;

/** What is written to legacy's tables, as its log says: counted by table and time, whoever wrote it. */
export class SourceWrites {
  readonly #options: Required<SourceWritesOptions>;
  readonly #run = randomUUID();
  readonly #groups: Group[] = [];
  /** The newest transaction seen, by domain: a stream that starts again reads some a second time. */
  readonly #seen = new Map<number, bigint>();
  /** Tables of the newest transaction that are counted: a large one comes in pieces. */
  #counted = new Set<string>();
  #ids = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SourceWritesOptions) {
    this.#options = { now: Date.now, ...options };
  }

  /** The same source; what passes is looked at before it is applied. */
  watch(source: ChangeSource): ChangeSource {
    return {
      read: (from, signal) => this.#read(source, from, signal),
      head: () => source.head(),
      close: () => source.close(),
    };
  }

  report(): SourceWritesReport {
    const now = this.#options.now();
    const groups = this.#groups.map(({ readAt, ...group }) => ({ ...group, agoMs: Math.max(0, now - readAt) }));
    return { run: this.#run, groups };
  }

  async *#read(
    source: ChangeSource,
    from: StartPoint,
    signal: AbortSignal,
  ): AsyncIterable<readonly SourceTransaction[]> {
    for await (const batch of source.read(from, signal)) {
      for (const transaction of batch) this.#take(transaction);
      yield batch;
    }
  }

  #take({ gtid, changes, committedAtMs }: SourceTransaction): void {
    const { domain, sequence } = gtid;
    if (domain === this.#options.ownDomain || changes.length === 0) return;
    const newest = this.#seen.get(domain) ?? -1n;
    if (sequence < newest) return;
    if (sequence > newest) this.#counted = new Set();
    this.#seen.set(domain, sequence);
    const tables = [...new Set(changes.map(({ table }) => table))].filter((table) => !this.#counted.has(table));
    for (const table of tables) this.#counted.add(table);
    this.#count(tables, committedAtMs);
  }

  #count(tables: readonly string[], committedAtMs: number): void {
    if (tables.length === 0) return;
    const now = this.#options.now();
    const group = this.#groupAt(now);
    group.lateMs = Math.max(group.lateMs, now - committedAtMs);
    for (const table of tables) group.tables[table] = (group.tables[table] ?? 0) + 1;
  }

  #groupAt(now: number): Group {
    const last = this.#groups.at(-1);
    if (last && now - last.readAt < GROUP_MS) return last;
    const group: Group = { id: ++this.#ids, readAt: now, lateMs: 0, tables: {}, users: [] };
    this.#groups.push(group);
    if (this.#groups.length > MOST_GROUPS) this.#groups.shift();
    if (now - this.#lookedAt >= LOOK_EVERY_MS) this.#look(group, now);
    return group;
  }

  /** At once: a job that has done its work is gone soon. Not being allowed to look is no fault of the stream. */
  #look(group: Group, now: number): void {
    this.#lookedAt = now;
    this.#options.atWork().then(
      (users) => (group.users = users),
      () => undefined,
    );
  }
}
