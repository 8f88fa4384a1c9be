import { messageOf, type Clock, type Log } from '../../shared/index.ts';

/** A position in a log together with its place among the samples of that log: a later sample is never smaller. */
export interface Sample {
  readonly sequence: number;
  readonly at: object;
}

/**
 * Asks for the head of a log, one question at a time. Whoever asks while a question is under way gets the answer of
 * the next one: the current one may have been answered before their write was committed.
 */
export class Sampler {
  readonly #head: () => Promise<object>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<Sample | undefined> | undefined;
  #next: Promise<Sample | undefined> | undefined;
  #sequence = 0;

  constructor(head: () => Promise<object>, clock: Clock, log: Log) {
    this.#head = head;
    this.#clock = clock;
    this.#log = log;
  }

  /** A head not older than this call. Keeps trying while the log cannot be asked; undefined only after `close`. */
  sample(): Promise<Sample | undefined> {
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

  async #take(): Promise<Sample | undefined> {
    const pauses = [5, 20, 100, 500];
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        const at = await this.#head();
        if (!this.#next) this.#running = undefined;
        return { sequence: ++this.#sequence, at };
      } catch (error) {
        if (attempt === 0) this.#log.warn({ problem: messageOf(error) }, 'no head of the log: readers stay pinned');
        await this.#clock.sleep(pauses[attempt] ?? 1000, this.#stop.signal);
      }
    }
    return undefined;
  }
}
