import { messageOf, type Clock, type Log } from '../../shared/index.ts';

/**
 * Asks for the head of a log, one question at a time. Whoever asks while a question is under way gets the answer of
 * the next one: the current one may have been answered before their write was committed.
 */
export class Sampler {
  readonly #head: () => Promise<object>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<object | undefined> | undefined;
  #next: Promise<object | undefined> | undefined;

  constructor(head: () => Promise<object>, clock: Clock, log: Log) {
    this.#head = head;
    this.#clock = clock;
    this.#log = log;
  }

  /** A head not older than this call. Keeps trying while the log cannot be asked; undefined only after `close`. */
  sample(): Promise<object | undefined> {
    if (!this.#running) return (this.#running = this.#take());
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return (this.#running = this.#take());
    });
    return this.#next;
  }

  close(): void {
    this.#stop.abort();
  }

  async #take(): Promise<object | undefined> {
    const pauses = [5, 20, 100, 500];
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        const at = await this.#head();
        if (!this.#next) this.#running = undefined;
        return at;
      } catch (error) {
        if (attempt === 0) this.#log.warn({ problem: messageOf(error) }, 'no head of the log: readers stay pinned');
        await this.#clock.sleep(pauses[attempt] ?? 1000, this.#stop.signal);
      }
    }
    return undefined;
  }
}
