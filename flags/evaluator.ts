import type { Unleash } from 'unleash-client';
import type { Log } from '../shared/index.ts';
import { revisionOf } from './feature-set.ts';
import type { Subject } from './subject.ts';
import { unstableFlags } from './unstable-flags.ts';

type Context = NonNullable<Parameters<Unleash['isEnabled']>[1]>;

/**
 * unleash-client's evaluation with the two rules it does not have: the context always names a user (its `default`
 * stickiness falls to a random number without one), and flags that draw lots are off.
 */
export class Evaluator {
  readonly #unleash: Unleash;
  readonly #log: Log;
  readonly #contexts = new WeakMap<Subject, Context>();
  #unstable = new Set<string>();
  #revision = 'none';

  constructor(unleash: Unleash, log: Log) {
    this.#unleash = unleash;
    this.#log = log;
  }

  get revision(): string {
    return this.#revision;
  }

  /** Takes note of a new set. True when it differs from the one before. */
  refresh(): boolean {
    const features = this.#unleash.getFeatureToggleDefinitions(true);
    const revision = revisionOf(features);
    if (revision === this.#revision) return false;
    this.#revision = revision;
    this.#unstable = unstableFlags(features);
    for (const flag of this.#unstable) this.#log.warn({ flag }, 'flag draws lots on each call and counts as off');
    return true;
  }

  isEnabled(flag: string, subject: Subject): boolean {
    if (subject.id === '' || this.#unstable.has(flag)) return false;
    return this.#unleash.isEnabled(flag, this.#contextOf(subject), false);
  }

  isOff(flag: string): boolean {
    return this.#unstable.has(flag) || this.#unleash.getFeatureToggleDefinition(flag)?.enabled !== true;
  }

  #contextOf(subject: Subject): Context {
    const known = this.#contexts.get(subject);
    if (known) return known;
    const context = { userId: subject.id, properties: { ...subject.properties, subjectKind: subject.kind } };
    this.#contexts.set(subject, context);
    return context;
  }
}
