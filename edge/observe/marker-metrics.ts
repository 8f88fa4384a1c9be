import { Gauge, type Registry } from '../../shared/index.ts';
import type { UnitGate } from '../decide/unit-gate.ts';
import type { MarkExchange } from '../markers/mark-exchange.ts';

export interface MarkerMetricsParts {
  readonly registry: Registry;
  readonly gates: ReadonlyMap<string, UnitGate>;
  readonly exchange: MarkExchange | undefined;
}

/** What read-your-own-writes keeps and costs, and whether this edge is in touch with the others. */
export function registerMarkerMetrics({ registry, gates, exchange }: MarkerMetricsParts): void {
  perUnit(
    registry,
    gates,
    'banyan_edge_marks',
    'Subjects and entities whose writes are remembered.',
    ({ markers }) => markers.size,
  );
  const share = 'Share of the reads of the last minute that are kept on the owner, so that nobody reads too old.';
  perUnit(registry, gates, 'banyan_edge_pinned_share', share, ({ pinned }) => {
    const { pinned: kept, reads } = pinned.value();
    return reads === 0 ? 0 : kept / reads;
  });
  if (!exchange) return;
  const help = '1 while this edge is in touch with control and so with all other edges; 0: its reads go to the owner.';
  const live: Gauge = new Gauge({
    name: 'banyan_edge_live',
    help,
    registers: [registry],
    collect: () => live.set(exchange.isLive() ? 1 : 0),
  });
}

function perUnit(
  registry: Registry,
  gates: ReadonlyMap<string, UnitGate>,
  name: string,
  help: string,
  value: (gate: UnitGate) => number,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: ['unit'],
    registers: [registry],
    collect: () => {
      for (const [unit, gate] of gates) gauge.set({ unit }, value(gate));
    },
  });
}
