import type { LedgerReport } from '../../edge/index.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import type { RunStore } from './run-store.ts';

type Told = Pick<LedgerReport, 'run' | 'ledger' | 'revision'>;

/** The last word of everybody who takes part in one run, and how much of it is in the database. */
export class RunLedgers {
  readonly answers: Newest<LedgerReport>;
  readonly effects: Newest<EffectLedger>;

  constructor(run: string, answers: readonly LedgerReport[] = [], effects: readonly EffectLedger[] = []) {
    this.answers = new Newest(run, answers);
    this.effects = new Newest(run, effects);
  }

  async keep(store: RunStore, nowMs: number): Promise<void> {
    await this.answers.keep((report) => store.keep(report, nowMs));
    await this.effects.keep((ledger) => store.keepEffects(ledger));
  }
}

class Newest<T extends Told> {
  readonly #run: string;
  readonly #told: Map<string, T>;
  readonly #kept: Map<string, number>;

  /** `stored`: what the database has. */
  constructor(run: string, stored: readonly T[]) {
    this.#run = run;
    this.#told = new Map(stored.map((one) => [one.ledger, one]));
    this.#kept = new Map(stored.map(({ ledger, revision }) => [ledger, revision]));
  }

  take(told: T): void {
    if (told.run !== this.#run || (this.#told.get(told.ledger)?.revision ?? -1) >= told.revision) return;
    this.#told.set(told.ledger, told);
  }

  all(): T[] {
    return [...this.#told.values()];
  }

  async keep(write: (told: T) => Promise<void>): Promise<void> {
    for (const told of this.#told.values()) {
      if (this.#kept.get(told.ledger) === told.revision) continue;
      await write(told);
      this.#kept.set(told.ledger, told.revision);
    }
  }
}
