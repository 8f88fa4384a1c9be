import type { ChangeEvent, ChangeSource, SourceTransaction, StartPoint } from '../../cdc/index.ts';

/** A transaction of the source that changed rows of the unit. */
export interface SeenTransaction {
  /** Its GTID. */
  readonly id: string;
  /** When it was read here, `performance.now()`: after its commit. */
  readonly seenAt: number;
  readonly bytes: number;
  /** Undefined when they are too many to be kept, or cannot be read. */
  readonly changes: readonly ChangeEvent[] | undefined;
}

export interface RecentLimits {
  readonly keepMs: number;
  readonly maxBytes: number;
}

const LIMITS: RecentLimits = { keepMs: 60_000, maxBytes: 16 * 1024 * 1024 };

/** The last transactions that a stream has read, in the order of the log; bounded in time and memory. */
export class RecentChanges {
  readonly #limits: RecentLimits;
  #seen: SeenTransaction[] = [];
  #bytes = 0;
  /** Nothing is known of what was before. */
  #since = Number.POSITIVE_INFINITY;

  constructor(limits: Partial<RecentLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** The same source; what passes is looked at before it is applied. */
  watch(source: ChangeSource): ChangeSource {
    return {
      read: (from, signal) => this.#read(source, from, signal),
      head: () => source.head(),
      close: () => source.close(),
    };
  }

  /** Undefined when what was then is not known any more, or not yet. */
  after(moment: number): readonly SeenTransaction[] | undefined {
    if (moment < this.#since) return undefined;
    const first = this.#seen.findIndex(({ seenAt }) => seenAt >= moment);
    return first < 0 ? [] : this.#seen.slice(first);
  }

  async *#read(
    source: ChangeSource,
    from: StartPoint,
    signal: AbortSignal,
  ): AsyncIterable<readonly SourceTransaction[]> {
    this.#seen = [];
    this.#since = performance.now();
    for await (const batch of source.read(from, signal)) {
      for (const transaction of batch) if (transaction.changes.length > 0) this.#keep(transaction);
      this.#forget(performance.now());
      yield batch;
    }
  }

  #keep({ gtid, changes, continues, bytes }: SourceTransaction): void {
    const id = `${gtid.domain}-${gtid.server}-${gtid.sequence}`;
    const last = this.#seen.at(-1);
    const isPiece = continues === true || last?.id === id;
    if (last?.id === id) this.#drop(this.#seen.length - 1, 1);
    const isReadable = !isPiece && changes.every(({ op }) => op !== 'x' && op !== 't');
    const kept = isReadable ? { changes, bytes } : { changes: undefined, bytes: 0 };
    this.#seen.push({ id, seenAt: performance.now(), ...kept });
    this.#bytes += kept.bytes;
  }

  #forget(now: number): void {
    let gone = this.#seen.findIndex(({ seenAt }) => now - seenAt < this.#limits.keepMs);
    if (gone < 0) gone = this.#seen.length;
    for (let left = this.#bytes - bytesOf(this.#seen.slice(0, gone)); left > this.#limits.maxBytes; gone++)
      left -= this.#seen[gone]?.bytes ?? left;
    if (gone === 0) return;
    this.#since = this.#seen[gone - 1]?.seenAt ?? this.#since;
    this.#drop(0, gone);
  }

  #drop(at: number, count: number): void {
    this.#bytes -= bytesOf(this.#seen.splice(at, count));
  }
}

function bytesOf(transactions: readonly SeenTransaction[]): number {
  return transactions.reduce((sum, { bytes }) => sum + bytes, 0);
}
