import { Counter, type Registry } from '../../shared/index.ts';

/** What was written to legacy and no edge explains. Tables are those of the plans: there are no more series than that. */
export function registerCallerMetrics(registry: Registry): Counter {
  return new Counter({
    name: 'banyan_unseen_writes_total',
    help: 'Transactions in legacy’s log that no request through an edge explains, by table.',
    labelNames: ['unit', 'table'],
    registers: [registry],
  });
}
