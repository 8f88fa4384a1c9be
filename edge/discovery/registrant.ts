import { systemClock, type Clock } from '../../shared/index.ts';

export interface RegistrantOptions {
  /** The control API, such as `http://control.internal:4400`. */
  readonly controlUrl: string;
  readonly token: string;
  /** The unit whose service this is. */
  readonly target: string;
  /** Where edges reach this process. */
  readonly url: string;
  readonly weight?: number;
  readonly leaseMs?: number;
  /** Told when a registration fails, and again when it succeeds; nothing is thrown. */
  readonly onStanding?: (problem: string | undefined) => void;
  readonly clock?: Clock;
}

/**
 * Keeps a service registered as an endpoint for as long as it runs: three times within a lease, so that one lost word does
 * no harm. To be started when the service can answer, and stopped before it ends.
 */
export class Registrant {
  readonly #options: RegistrantOptions;
  readonly #leaseMs: number;
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(options: RegistrantOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 10_000;
    this.#everyMs = Math.floor(this.#leaseMs / 3);
  }

  /** Resolves after the first attempt, whether or not it succeeded. */
  async start(): Promise<void> {
    await this.#register();
    this.#running = this.#keep();
  }

  /** Takes the endpoint out at once, instead of with the end of its lease. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#send('DELETE', { url: this.#options.url }).catch(() => undefined);
  }

  async #keep(): Promise<void> {
    const { clock = systemClock } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      await clock.sleep(this.#everyMs, signal);
      if (signal.aborted) return;
      await this.#register();
    }
  }

  async #register(): Promise<void> {
    const { url, weight = 1 } = this.#options;
    const problem = await this.#send('PUT', { url, weight, leaseMs: this.#leaseMs }).catch(String);
    if (problem !== this.#problem) this.#options.onStanding?.(problem);
    this.#problem = problem;
  }

  /** Answers what was wrong, if anything. */
  async #send(method: string, body: object): Promise<string | undefined> {
    const { controlUrl, token, target } = this.#options;
    const answer = await fetch(new URL(`/v1/targets/${encodeURIComponent(target)}`, controlUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.#everyMs),
    });
    const { error } = (await answer.json()) as { error?: { message: string } };
    return error?.message;
  }
}
