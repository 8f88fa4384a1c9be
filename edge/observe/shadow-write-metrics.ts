import { Gauge, type Registry } from '../../shared/index.ts';
import type { UnitGate } from '../decide/unit-gate.ts';

/** Says for each unit whether a service has failed to acknowledge: somebody has to look at what it wrote. */
export function registerShadowWriteMetric(registry: Registry, gates: ReadonlyMap<string, UnitGate>): void {
  const gauge: Gauge = new Gauge({
    name: 'banyan_edge_shadow_writes_stopped',
    help: '1 while no shadow writes of the unit are sent because one was not acknowledged.',
    labelNames: ['unit'],
    aggregator: 'max',
    registers: [registry],
    collect: () => {
      for (const [unit, gate] of gates) gauge.set({ unit }, gate.shadowWrites.isLatched ? 1 : 0);
    },
  });
}
