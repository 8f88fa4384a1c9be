import { messageOf } from '../shared/index.ts';
import { EdgeConfiguration, type EdgeChanges, type LivingParts } from './configuration.ts';
import { ConfigurationMetrics } from './observe/configuration-metrics.ts';
import type { EdgeOptions } from './options.ts';

/** `try` and `dry-run` change nothing in any case; a dry run that is refused is not counted either. */
export interface ReloadOptions {
  readonly revision?: number;
  readonly purpose?: 'apply' | 'try' | 'dry-run';
}

const SWEEP_MS = 250;

/** The configuration in force. Requests take it once, when they enter, and end as they began. */
export class CurrentConfiguration {
  readonly #parts: LivingParts;
  readonly #metrics: ConfigurationMetrics;
  readonly #sweeper: NodeJS.Timeout;
  #now: EdgeConfiguration;

  /** Throws with everything that is wrong with the options. */
  constructor(options: EdgeOptions, parts: LivingParts) {
    this.#parts = parts;
    this.#now = new EdgeConfiguration(options, parts);
    this.#tellRules();
    this.#now.targets.start();
    this.#metrics = new ConfigurationMetrics(options.registry);
    this.#sweeper = setInterval(() => this.#now.targets.sweep(), SWEEP_MS).unref();
  }

  get now(): EdgeConfiguration {
    return this.#now;
  }

  /** Whole or not at all: throws with all that is wrong, and the old one stays. */
  reload(changes: EdgeChanges | (() => EdgeChanges), { revision = 0, purpose = 'apply' }: ReloadOptions = {}): void {
    const before = this.#now;
    try {
      const changed = typeof changes === 'function' ? changes() : changes;
      const next = new EdgeConfiguration({ ...before.options, ...changed }, this.#parts, before);
      if (purpose === 'apply') this.#swap(before, next, revision);
    } catch (error) {
      before.options.log.error({ problem: messageOf(error), purpose }, 'configuration refused; the old one stays');
      if (purpose !== 'dry-run') this.#metrics.refused();
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#now.targets.stop();
  }

  #swap(before: EdgeConfiguration, next: EdgeConfiguration, revision: number): void {
    this.#now = next;
    this.#tellRules();
    next.targets.start(before.targets);
    void before.targets.stop(next.targets);
    this.#metrics.applied(revision);
  }

  /** Shadows live on from one configuration to the next; what they forgive does not. */
  #tellRules(): void {
    const { comparison = {} } = this.#now.options;
    for (const [unit, { shadow }] of this.#parts.gates) shadow.compareBy(comparison[unit] ?? {});
  }
}
