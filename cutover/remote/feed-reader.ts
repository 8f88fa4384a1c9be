import { messageOf, systemClock, type ApiClient, type Log } from '../../shared/index.ts';
import type { FeedAnswer } from './feed.ts';

export interface FeedReaderOptions<T> {
  readonly client: ApiClient;
  readonly path: string;
  /** How long an answer may wait for a change; also how often there is one when nothing changes. */
  readonly holdMs: number;
  /** `trueAt` is a moment (of `performance.now()`) not later than the one at which the value was read. */
  readonly accept: (value: T, trueAt: number) => void;
  /** Who is asked, and what it means that it does not answer. For the log. */
  readonly peer: string;
  readonly whileLost: string;
  readonly log: Log;
}

const BACK_OFF_MS = [20, 50, 100, 200, 500, 1_000];
const SLACK_MS = 2_000;

/** Follows a feed of another process until stopped. What it said last stays in force while it does not answer. */
export class FeedReader<T> {
  readonly #options: FeedReaderOptions<T>;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: FeedReaderOptions<T>) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#follow();
  }

  /** Resolves with the first value, false when the budget runs out before. */
  async heard(budgetMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = systemClock.sleep(budgetMs, timer.signal).then(() => false);
    const heard = await Promise.race([this.#first.promise.then(() => true), late]);
    timer.abort();
    return heard;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let version: string | undefined;
    for (let failures = 0; !signal.aborted;) {
      try {
        version = await this.#ask(version);
        if (failures > 0) this.#options.log.warn({}, `${this.#options.peer} answers again`);
        failures = 0;
      } catch (error) {
        if (failures === 0) this.#lost(error);
        await systemClock.sleep(BACK_OFF_MS[failures] ?? 1_000, signal);
        failures++;
      }
    }
  }

  async #ask(after: string | undefined): Promise<string> {
    const { client, path, holdMs, accept } = this.#options;
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}&holdMs=${holdMs}`;
    const askedAt = performance.now();
    const limits = { timeoutMs: holdMs + SLACK_MS, signal: this.#stop.signal };
    const { version, heldMs, value } = await client.get<FeedAnswer<T>>(path + query, limits);
    accept(value, askedAt + heldMs);
    this.#first.resolve();
    return version;
  }

  #lost(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { peer, whileLost, log } = this.#options;
    log.warn({ reason: messageOf(error) }, `${peer} does not answer; ${whileLost}`);
  }
}
