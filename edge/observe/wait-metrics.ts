import { Counter, Gauge, type Registry } from '../../shared/index.ts';
import type { UnitGate } from '../decide/unit-gate.ts';
import type { WaitCount, WaitReason } from '../decide/waits.ts';

const labelNames = ['unit', 'reason'];

/** Says for each unit who waits at this edge, and for what. Read when it is asked for. */
export function registerWaitMetrics(registry: Registry, gates: ReadonlyMap<string, UnitGate>): void {
  const registers = [registry];
  const all = (): [string, WaitReason, WaitCount][] =>
    [...gates].flatMap(([unit, { waits }]) =>
      Object.entries(waits.counts).map(([reason, count]): [string, WaitReason, WaitCount] => [
        unit,
        reason as WaitReason,
        count,
      ]),
    );
  const gauge: Gauge = new Gauge({
    name: 'banyan_edge_waiting_requests',
    help: 'Requests that wait now: for the end of a hold, or for the own write of their subject.',
    labelNames,
    registers,
    collect: () => {
      for (const [unit, reason, { waiting }] of all()) gauge.set({ unit, reason }, waiting);
    },
  });
  const total = (name: string, help: string, value: (count: WaitCount) => number): void => {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        counter.reset();
        for (const [unit, reason, count] of all()) counter.inc({ unit, reason }, value(count));
      },
    });
  };
  total('banyan_edge_waits_total', 'Requests that have waited.', ({ ended }) => ended);
  total('banyan_edge_wait_seconds_total', 'Time that requests have waited.', ({ ms }) => ms / 1000);
}
