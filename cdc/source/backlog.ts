import type { SourceTransaction } from '../change-event.ts';

/**
 * Transactions between a producer that cannot wait and a consumer that may be slow. Says when the producer should stop
 * and when it may go on, by the bytes that lie here.
 */
export class Backlog {
  private items: SourceTransaction[] = [];
  private first = 0;
  private bytes = 0;
  private failure: { error: Error } | undefined;
  private isEnded = false;
  private waiting: PromiseWithResolvers<void> | undefined;
  private readonly limitBytes: number;
  private readonly onFull: () => void;
  private readonly onRoom: () => void;
  private isFull = false;

  constructor(options: { limitBytes: number; onFull: () => void; onRoom: () => void }) {
    this.limitBytes = options.limitBytes;
    this.onFull = options.onFull;
    this.onRoom = options.onRoom;
  }

  push(transaction: SourceTransaction): void {
    this.items.push(transaction);
    this.bytes += transaction.bytes + EMPTY_BYTES;
    if (!this.isFull && this.bytes > this.limitBytes) {
      this.isFull = true;
      this.onFull();
    }
    this.signal();
  }

  /** What lies here is still handed out; then `ready` rejects. */
  fail(error: Error): void {
    this.failure ??= { error };
    this.signal();
  }

  /** Nothing more is handed out. */
  end(): void {
    this.isEnded = true;
    this.signal();
  }

  /** The next transaction without waiting. */
  takeNow(): SourceTransaction | undefined {
    const item = this.isEnded ? undefined : this.items[this.first];
    if (!item) return undefined;
    this.first += 1;
    if (this.first === this.items.length || this.first > 4096) this.compact();
    this.bytes -= item.bytes + EMPTY_BYTES;
    if (this.isFull && this.bytes < this.limitBytes / 2) {
      this.isFull = false;
      this.onRoom();
    }
    return item;
  }

  /** What lies here, without waiting. */
  takeAll(): SourceTransaction[] {
    const all: SourceTransaction[] = [];
    for (let item = this.takeNow(); item; item = this.takeNow()) all.push(item);
    return all;
  }

  /** Resolves when `takeNow` has something to give or never will; rejects when the producer failed. */
  ready(): Promise<void> {
    if (this.first < this.items.length || this.isEnded) return Promise.resolve();
    if (this.failure) return Promise.reject(this.failure.error);
    this.waiting ??= Promise.withResolvers<void>();
    return this.waiting.promise;
  }

  private compact(): void {
    this.items = this.items.slice(this.first);
    this.first = 0;
  }

  private signal(): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (this.failure && this.first === this.items.length && !this.isEnded) waiting?.reject(this.failure.error);
    else waiting?.resolve();
  }
}

const EMPTY_BYTES = 200;
