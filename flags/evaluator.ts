import { Unleash } from 'unleash-client';
import { messageOf, type Log } from '../shared/index.ts';
import { FeatureRepository } from './feature-repository.ts';
import { revisionOf, type FeatureSet } from './feature-set.ts';
import type { Subject } from './subject.ts';
import { unstableFlags } from './unstable-flags.ts';

type Context = NonNullable<Parameters<Unleash['isEnabled']>[1]>;

/**
 * unleash-client's evaluation of a set that is handed in, with the rules it does not have: the context always names a
 * user (its `default` stickiness falls to a random number without one), flags that draw lots are off, a flag whose
 * definition cannot be evaluated is off, and a frozen set enables nothing that it did not enable when it was frozen.
 */
export class Evaluator {
  readonly #repository = new FeatureRepository();
  readonly #unleash: Unleash;
  readonly #log: Log;
  readonly #contexts = new WeakMap<Subject, Context>();
  #set: FeatureSet | undefined;
  #unstable = new Set<string>();
  readonly #broken = new Set<string>();
  #revision = 'none';
  #frozenAt: Date | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.#unleash = evaluationOnly(this.#repository, log);
    this.#repository.replace();
  }

  get revision(): string {
    return this.#revision;
  }

  get features(): FeatureSet | undefined {
    return this.#set;
  }

  /** Puts a set in place. True when it differs from the one before. */
  replace(set: FeatureSet): boolean {
    const revision = revisionOf(set);
    this.#set = set;
    if (revision === this.#revision) return false;
    this.#repository.replace(set);
    this.#revision = revision;
    this.#broken.clear();
    this.#unstable = unstableFlags(set.features);
    for (const flag of this.#unstable) this.#log.warn({ flag }, 'flag draws lots on each call and counts as off');
    return true;
  }

  /** From now on a flag that goes on with the passing of time alone stays off. Undefined ends that. */
  freeze(atMs: number | undefined): void {
    this.#frozenAt = atMs === undefined ? undefined : new Date(atMs);
  }

  isEnabled(flag: string, subject: Subject): boolean {
    if (subject.id === '' || this.#unstable.has(flag)) return false;
    const context = this.#contextOf(subject);
    if (!this.#evaluate(flag, context)) return false;
    return this.#frozenAt === undefined || this.#evaluate(flag, { ...context, currentTime: this.#frozenAt });
  }

  isOff(flag: string): boolean {
    return this.#unstable.has(flag) || this.#repository.getToggle(flag)?.enabled !== true;
  }

  close(): void {
    this.#unleash.destroy();
  }

  /** The set is checked for its shape only: an operator of a later server may need what this evaluation does not know. */
  #evaluate(flag: string, context: Context): boolean {
    try {
      return this.#unleash.isEnabled(flag, context, false);
    } catch (error) {
      if (!this.#broken.has(flag))
        this.#log.error({ flag, problem: messageOf(error) }, 'flag cannot be evaluated: off');
      this.#broken.add(flag);
      return false;
    }
  }

  #contextOf(subject: Subject): Context {
    const known = this.#contexts.get(subject);
    if (known) return known;
    const context = { userId: subject.id, properties: { ...subject.properties, subjectKind: subject.kind } };
    this.#contexts.set(subject, context);
    return context;
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
