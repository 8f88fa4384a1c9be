import { Gauge, type Registry } from '../../shared/index.ts';
import type { Leadership } from './leadership.ts';

/** Publishes as `banyan_control_*` whether this process leads, and by which term somebody does. */
export function registerLeaderMetrics(registry: Registry, leadership: Pick<Leadership, 'standing'>): void {
  const show = (): void => {
    const { leads, leader } = leadership.standing();
    gauges.leads.set(leads ? 1 : 0);
    gauges.term.reset();
    if (leader) gauges.term.set({ machine: leader.machine, address: leader.address }, leader.term);
  };
  const shared = { registers: [registry], collect: () => show() };
  const gauges = {
    leads: new Gauge({
      ...shared,
      name: 'banyan_control_leads',
      help: 'One while this control process leads, zero while it stands by.',
    }),
    term: new Gauge({
      ...shared,
      name: 'banyan_control_term',
      help: 'The term of the control process that leads, whose machine and address the labels name.',
      labelNames: ['machine', 'address'],
    }),
  };
}
