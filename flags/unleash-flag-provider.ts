import { InMemStorageProvider, Unleash } from 'unleash-client';
import { messageOf, systemClock, type Clock, type Log } from '../shared/index.ts';
import { Evaluator } from './evaluator.ts';
import type { FlagProvider } from './flag-provider.ts';
import type { Subject } from './subject.ts';

export interface UnleashFlagOptions {
  /** The API's base, such as https://unleash.example/api. */
  readonly url: string;
  readonly token: string;
  readonly appName: string;
  readonly refreshMs?: number;
  /** Reports usage to the server. Off unless asked for. */
  readonly metrics?: boolean;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Flags from an Unleash server, polled by unleash-client. */
export function createUnleashFlagProvider(options: UnleashFlagOptions): FlagProvider {
  return new UnleashFlagProvider(options);
}

/** One unleash-client and its evaluation. */
interface Session {
  readonly unleash: Unleash;
  readonly evaluator: Evaluator;
}

/**
 * unleash-client stops polling for good after one 401 or 403. The watchdog therefore opens a second client when the
 * set is older than three polls, keeps answering from the first, and changes over when the second has a set.
 */
class UnleashFlagProvider implements FlagProvider {
  readonly #options: UnleashFlagOptions;
  readonly #refreshMs: number;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #current: Session;
  #successor: Session | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #currentAt: number;
  #revision = 'none';

  constructor(options: UnleashFlagOptions) {
    this.#options = options;
    this.#refreshMs = options.refreshMs ?? 2000;
    this.#clock = options.clock ?? systemClock;
    this.#currentAt = this.#clock.now();
    this.#current = this.#open();
  }

  isEnabled(flag: string, subject: Subject): boolean {
    return this.#current.evaluator.isEnabled(flag, subject);
  }

  isOff(flag: string): boolean {
    return this.#current.evaluator.isOff(flag);
  }

  revision(): string {
    return this.#revision;
  }

  ageMs(): number {
    return this.#clock.now() - this.#currentAt;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.#watchdog = setInterval(() => this.#watch(), this.#refreshMs);
    this.#watchdog.unref();
    await this.#current.unleash.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#watchdog);
    close(this.#current);
    if (this.#successor) close(this.#successor);
    await Promise.resolve();
  }

  #open(): Session {
    const { url, token, appName, metrics = false, log } = this.#options;
    const unleash = new Unleash({
      url,
      appName,
      customHeaders: { Authorization: token },
      refreshInterval: this.#refreshMs,
      disableMetrics: !metrics,
      // Its default keeps a backup in the temp folder under the app's name, which any other process may overwrite.
      storageProvider: new InMemStorageProvider(),
      disableAutoStart: true,
      skipInstanceCountWarning: true,
    });
    const session = { unleash, evaluator: new Evaluator(unleash, log) };
    unleash.on('changed', () => this.#arrived(session));
    unleash.on('unchanged', () => this.#arrived(session));
    unleash.on('error', (error) => log.error({ problem: messageOf(error) }, 'unleash'));
    unleash.on('warn', (problem) => log.warn({ problem: String(problem) }, 'unleash'));
    return session;
  }

  #arrived(session: Session): void {
    if (session !== this.#current && session !== this.#successor) return;
    if (session === this.#successor) {
      close(this.#current);
      this.#current = session;
      this.#successor = undefined;
    }
    this.#currentAt = this.#clock.now();
    session.evaluator.refresh();
    if (session.evaluator.revision === this.#revision) return;
    this.#revision = session.evaluator.revision;
    // `ready` is emitted after `changed`, on the next tick; whoever listens must not evaluate before it.
    setImmediate(() => this.#announce());
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #watch(): void {
    if (this.ageMs() <= 3 * this.#refreshMs) return;
    this.#options.log.warn({ ageMs: this.ageMs() }, 'flags are stale: asking the server with a new client');
    if (this.#successor) close(this.#successor);
    this.#successor = this.#open();
    void this.#successor.unleash.start();
  }
}

/**
 * `destroy` removes the client's own error listener while a poll may be under way; when that poll fails, the `error`
 * event nobody listens to would end the process.
 */
function close(session: Session): void {
  session.unleash.destroy();
  session.unleash['repository'].on('error', () => undefined);
}
