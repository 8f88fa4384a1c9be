import { Counter, Gauge, type Registry } from '../shared/index.ts';
import type { FlagProvider } from './flag-provider.ts';

/** Publishes how much the flags of this process can be trusted. Values are read when somebody asks for them. */
export function registerFlagMetrics(registry: Registry, flags: FlagProvider): void {
  const registers = [registry];
  const age: Gauge = new Gauge({
    name: 'banyan_flags_age_seconds',
    help: 'How long ago the flags in use were last known to be current.',
    aggregator: 'max',
    registers,
    collect: () => age.set(flags.health().ageMs / 1000),
  });
  const stale: Gauge = new Gauge({
    name: 'banyan_flags_stale',
    help: 'One while that is longer ago than their source may be silent: nothing is raised then.',
    aggregator: 'max',
    registers,
    collect: () => stale.set(flags.health().isStale ? 1 : 0),
  });
  const failures: Counter = new Counter({
    name: 'banyan_flags_failures_total',
    help: 'Attempts to read the flags that gave no set, by reason.',
    labelNames: ['reason'],
    registers,
    collect: () => {
      failures.reset();
      for (const [reason, count] of Object.entries(flags.health().failures)) failures.inc({ reason }, count);
    },
  });
}
