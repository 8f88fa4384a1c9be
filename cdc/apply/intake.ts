import { Backlog } from '../source/backlog.ts';
import type { SourceTransaction } from '../change-event.ts';
import type { ChangeSource, StartPoint } from '../change-source.ts';

// Decoded rows take several times the bytes they have in the log; more ahead than a batch or two gains nothing.
const LIMIT_BYTES = 128 * 1024;

/**
 * Pulls a source ahead of the applier, bounded, so that a batch can be made of what is there already without waiting
 * for more.
 */
export class Intake {
  private readonly backlog: Backlog;
  private room: (() => void) | undefined;
  private isFull = false;
  private readonly stopping = new AbortController();
  private readonly pumping: Promise<void>;

  constructor(source: ChangeSource, from: StartPoint, outer: AbortSignal) {
    const signal = AbortSignal.any([outer, this.stopping.signal]);
    this.backlog = new Backlog({
      limitBytes: LIMIT_BYTES,
      onFull: () => (this.isFull = true),
      onRoom: () => {
        this.isFull = false;
        this.room?.();
      },
    });
    signal.addEventListener('abort', () => this.stop(), { once: true });
    if (signal.aborted) this.stop();
    this.pumping = this.pump(source, from, signal);
  }

  /** Resolves when the source is not read any more. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.pumping;
  }

  /** A transaction that is there already. */
  takeNow(): SourceTransaction | undefined {
    return this.backlog.takeNow();
  }

  /** Resolves when `takeNow` will give something or the stream has ended; rejects when the source failed. */
  ready(): Promise<void> {
    return this.backlog.ready();
  }

  private async pump(source: ChangeSource, from: StartPoint, signal: AbortSignal): Promise<void> {
    try {
      for await (const transactions of source.read(from, signal)) {
        for (const transaction of transactions) this.backlog.push(transaction);
        if (this.isFull && !signal.aborted) await new Promise<void>((resolve) => (this.room = resolve));
        if (signal.aborted) break;
      }
      if (!signal.aborted) throw new Error('the source ended by itself');
    } catch (error) {
      this.backlog.fail(error as Error);
    }
  }

  private stop(): void {
    this.backlog.end();
    this.room?.();
  }
}
