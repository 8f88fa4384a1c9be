import { systemClock, type Clock, type Log } from '../shared/index.ts';
import { Evaluator } from './evaluator.ts';
import type { FeatureSet } from './feature-set.ts';
import type { FlagFailure, FlagHealth, FlagProvider } from './flag-provider.ts';
import type { FlagSink, FlagSource } from './flag-source.ts';
import type { Subject } from './subject.ts';

export interface SourcedFlagOptions {
  readonly source: FlagSource;
  readonly log: Log;
  readonly clock?: Clock;
}

/**
 * The flags of one source, evaluated in memory. Current while the source says so; stale once it has been silent for
 * longer than it may be: then the alarm is raised and the set is frozen until the source is heard again.
 */
export class SourcedFlagProvider implements FlagProvider, FlagSink {
  readonly #source: FlagSource;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #evaluator: Evaluator;
  readonly #listeners = new Set<() => void>();
  readonly #failures = new Map<FlagFailure, number>();
  #lastProblem: string | undefined;
  #currentAt: number;
  #isStale = false;
  #watchdog: NodeJS.Timeout | undefined;

  constructor({ source, log, clock = systemClock }: SourcedFlagOptions) {
    this.#source = source;
    this.#log = log;
    this.#clock = clock;
    this.#currentAt = clock.now();
    this.#evaluator = new Evaluator(log);
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

  features(): FeatureSet | undefined {
    return this.#evaluator.features;
  }

  health(): FlagHealth {
    this.#judge();
    return { ageMs: this.#ageMs, isStale: this.#isStale, failures: Object.fromEntries(this.#failures) };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.#watchdog = setInterval(() => this.#judge(), this.#source.staleAfterMs / 4);
    this.#watchdog.unref();
    await this.#source.start(this);
  }

  async stop(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.#source.stop();
    this.#evaluator.close();
  }

  take(set: FeatureSet, ageMs = 0): void {
    const changed = this.#evaluator.replace(set);
    this.confirm(ageMs);
    if (changed) for (const listener of this.#listeners) listener();
  }

  confirm(ageMs = 0): void {
    this.#currentAt = this.#clock.now() - ageMs;
    this.#lastProblem = undefined;
    this.#judge();
  }

  /** The same problem again and again is one line in the log. */
  fail(reason: FlagFailure, problem: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    if (problem !== this.#lastProblem)
      this.#log.error({ source: this.#source.name, reason, problem }, 'flags not read, last good set kept');
    this.#lastProblem = problem;
  }

  get #ageMs(): number {
    return Math.max(0, this.#clock.now() - this.#currentAt);
  }

  #judge(): void {
    const isStale = this.#ageMs > this.#source.staleAfterMs;
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    this.#evaluator.freeze(isStale ? this.#currentAt : undefined);
    const facts = { source: this.#source.name, ageMs: this.#ageMs };
    if (isStale) this.#log.error(facts, 'flags are stale: the last good set stays, and nothing is raised by it');
    else this.#log.warn(facts, 'flags are current again');
  }
}
