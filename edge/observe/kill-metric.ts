import { Gauge, type Registry } from '../../shared/index.ts';
import type { UnitGate } from '../decide/unit-gate.ts';

/** Says for each unit whether this edge keeps it off its service: an operator must see an edge that was not told. */
export function registerKillMetric(registry: Registry, gates: ReadonlyMap<string, UnitGate>): void {
  const gauge: Gauge = new Gauge({
    name: 'banyan_edge_killed',
    help: '1 while the unit is killed at this edge, by flag or by the kill switch.',
    labelNames: ['unit'],
    aggregator: 'max',
    registers: [registry],
    collect: () => {
      for (const [unit, gate] of gates) gauge.set({ unit }, gate.isKilled ? 1 : 0);
    },
  });
}
