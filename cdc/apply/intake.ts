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

  constructor(source: ChangeSource, from: StartPoint, signal: AbortSignal) {
    this.backlog = new Backlog({
      limitBytes: LIMIT_BYTES,
      onFull: () => (this.isFull = true),
      onRoom: () => {
        this.isFull = false;
        this.room?.();
      },
    });
    signal.addEventListener('abort', () => this.stop(), { once: true });
    void this.pump(source, from, signal);
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
      for await (const transaction of source.read(from, signal)) {
        this.backlog.push(transaction);
        if (this.isFull) await new Promise<void>((resolve) => (this.room = resolve));
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
