import { Counter, Gauge, type Registry } from '../../shared/index.ts';

/** Which configuration an edge decides by, and what became of those it was told. */
export class ConfigurationMetrics {
  readonly #revision: Gauge;
  readonly #appliedAt: Gauge;
  readonly #isRefused: Gauge;
  readonly #reloads: Counter;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
    this.#revision = gauge(
      'banyan_config_revision',
      'Revision of the configuration in force; 0: the one of the start.',
    );
    this.#appliedAt = gauge('banyan_config_applied_timestamp_seconds', 'When it came into force.');
    this.#isRefused = gauge('banyan_config_refused', '1 while the last configuration that was told is not in force.');
    this.#reloads = new Counter({
      name: 'banyan_config_reloads_total',
      help: 'Configurations that were told, by what became of them.',
      labelNames: ['result'],
      registers: [registry],
    });
    this.#became(0);
  }

  applied(revision: number): void {
    this.#reloads.inc({ result: 'applied' });
    this.#became(revision);
  }

  refused(): void {
    this.#reloads.inc({ result: 'refused' });
    this.#isRefused.set(1);
  }

  #became(revision: number): void {
    this.#revision.set(revision);
    this.#appliedAt.setToCurrentTime();
    this.#isRefused.set(0);
  }
}
