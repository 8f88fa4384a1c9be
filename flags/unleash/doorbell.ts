import { systemClock, type Clock, type Log } from '../../shared/index.ts';
import { eventNames } from './event-names.ts';

export interface DoorbellOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onRing: () => void;
  readonly log: Log;
  readonly clock?: Clock;
  readonly random: () => number;
}

/** A stream without a word for this long is dead; both Unleash and our own server say something before. */
const SILENCE_MS = 60_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 15_000];
const MAX_RETRY_MS = 30_000;
/** A stream that ends sooner than this counts as one more failure. */
const LASTING_MS = 10_000;
/** Open-source Unleash has no stream: look again now and then, it may have been replaced. */
const LOOK_AGAIN_MS = 600_000;
/** Of a server without a stream, or with too many listeners. */
const NO_STREAM = new Set([404, 405, 429, 501]);

/**
 * Listens to a server that speaks Unleash's streaming protocol and rings at every change. What changed is not taken from
 * here: the poll asks for the whole set, so that there is one way for a set to come in.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: DoorbellOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    this.#running = this.#listen();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures++) {
      const startedAt = this.#clock.now();
      const heard = await this.#hear().catch(() => 'broken' as const);
      if (this.#clock.now() - startedAt > LASTING_MS) failures = 0;
      const retryMs = heard === 'none' ? LOOK_AGAIN_MS : (RETRY_MS[failures] ?? MAX_RETRY_MS);
      await this.#clock.sleep(retryMs * (0.8 + 0.4 * this.#options.random()), signal);
    }
  }

  /** Until the stream ends. `none`: the server says that it has no stream, or none for us. */
  async #hear(): Promise<'ended' | 'none' | 'broken'> {
    const { url, headers, onRing, log } = this.#options;
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const response = await fetch(url, {
        headers: { ...headers, accept: 'text/event-stream' },
        redirect: 'manual',
        signal: AbortSignal.any([this.#stop.signal, silence.signal]),
      });
      if (response.status !== 200 || !response.body) {
        await response.body?.cancel();
        return NO_STREAM.has(response.status) ? 'none' : 'broken';
      }
      log.debug({ url }, 'flag changes are pushed');
      for await (const name of eventNames(response.body)) {
        timer.refresh();
        if (name.startsWith('unleash-')) onRing();
      }
      return 'ended';
    } finally {
      clearTimeout(timer);
    }
  }
}
