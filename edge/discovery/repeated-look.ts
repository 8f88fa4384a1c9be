import { messageOf, type Clock, type Log } from '../../shared/index.ts';
import type { Address } from '../targets/target-endpoint.ts';
import type { EndpointSource, Tell } from './endpoint-source.ts';

/** What one look has found, and for how long it may be believed. */
export interface Found {
  readonly addresses: readonly Address[];
  readonly forMs: number;
}

export interface RepeatedLookOptions {
  /** What is looked up, for the log. */
  readonly name: string;
  /** Rejects when it cannot tell. */
  readonly look: () => Promise<Found>;
  readonly clock: Clock;
  readonly log: Log;
}

const BACK_OFF_MS = [200, 500, 1_000, 2_000];
const SELDOM_MS = 5_000;

/** Looks again and again. A look that fails changes nothing, is said once, and is repeated soon. */
export class RepeatedLook implements EndpointSource {
  readonly #options: RepeatedLookOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RepeatedLookOptions) {
    this.#options = options;
  }

  start(tell: Tell): void {
    this.#running = this.#follow(tell);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(tell: Tell): Promise<void> {
    const { name, look, clock, log } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { addresses, forMs } = await look();
        if (signal.aborted) return;
        tell(addresses);
        if (failures > 0) log.warn({ name }, 'endpoints are known again');
        failures = 0;
        await clock.sleep(forMs, signal);
      } catch (error) {
        if (failures === 0) log.warn({ name, problem: messageOf(error) }, 'endpoints unknown; the last known stay');
        await clock.sleep(BACK_OFF_MS[failures++] ?? SELDOM_MS, signal);
      }
    }
  }
}
