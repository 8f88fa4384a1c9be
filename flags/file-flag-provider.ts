import { Unleash } from 'unleash-client';
import { messageOf, systemClock, WatchedFile, type Clock, type Log } from '../shared/index.ts';
import { Evaluator } from './evaluator.ts';
import { FeatureRepository } from './feature-repository.ts';
import { parseFeatureSet } from './feature-set.ts';
import type { FlagProvider } from './flag-provider.ts';
import type { Subject } from './subject.ts';

export interface FileFlagOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Flags from a file in the format of `GET /api/client/features`, read again within milliseconds of a change. */
export function createFileFlagProvider(options: FileFlagOptions): FlagProvider {
  return new FileFlagProvider(options);
}

class FileFlagProvider implements FlagProvider {
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #repository = new FeatureRepository();
  readonly #unleash: Unleash;
  readonly #evaluator: Evaluator;
  readonly #file: WatchedFile;
  readonly #listeners = new Set<() => void>();
  /** The text last looked at, good or bad; null before the first look. */
  #seen: string | undefined | null = null;
  #isGood = false;
  #currentAt: number;

  constructor(options: FileFlagOptions) {
    this.#path = options.path;
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#currentAt = this.#clock.now();
    this.#unleash = evaluationOnly(this.#repository, options.log);
    this.#evaluator = new Evaluator(this.#unleash, options.log);
    this.#file = new WatchedFile(options.path, (text) => this.#take(text));
  }

  isEnabled(flag: string, subject: Subject): boolean {
    return this.#evaluator.isEnabled(flag, subject);
  }

  isOff(flag: string): boolean {
    return this.#evaluator.isOff(flag);
  }

  revision(): string {
    return this.#evaluator.revision;
  }

  ageMs(): number {
    return this.#clock.now() - this.#currentAt;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.#repository.replace();
    this.#evaluator.refresh();
    await this.#file.start();
  }

  async stop(): Promise<void> {
    await this.#file.stop();
    this.#unleash.destroy();
  }

  /** A missing file is a set with nothing in it; an unreadable one changes nothing and ages the set in use. */
  #take(text: string | undefined): void {
    if (text !== this.#seen) {
      this.#seen = text;
      this.#isGood = this.#load(text);
    }
    if (this.#isGood) this.#currentAt = this.#clock.now();
  }

  #load(text: string | undefined): boolean {
    try {
      this.#repository.replace(text === undefined ? undefined : parseFeatureSet(text, this.#path));
    } catch (error) {
      this.#log.error({ path: this.#path, problem: messageOf(error) }, 'flag file refused, last good set kept');
      return false;
    }
    if (text === undefined) this.#log.warn({ path: this.#path }, 'no flag file: nothing is enabled');
    if (this.#evaluator.refresh()) for (const listener of this.#listeners) listener();
    return true;
  }
}

/** unleash-client with our repository in place of its poller: no timer, no network, no file of its own. */
function evaluationOnly(repository: FeatureRepository, log: Log): Unleash {
  const unleash = new Unleash({
    appName: 'banyan',
    url: 'http://unused.invalid',
    repository,
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
  });
  unleash.on('error', (error) => log.error({ problem: messageOf(error) }, 'flag evaluation'));
  unleash.on('warn', (problem) => log.warn({ problem: String(problem) }, 'flag evaluation'));
  return unleash;
}
