import { probe } from '../edges/probe.ts';

/** Where a control process runs: its machine's name, and the `host:port` its API listens on there. */
export interface Seat {
  readonly machine: string;
  readonly address: string;
}

export function describeSeat({ machine, address }: Seat): string {
  return `control at ${address} on ${machine}`;
}

/**
 * Whether the process at `former` is known to have ended: it was on the machine of `own`, where a port has one holder, and
 * nobody else holds its port now. A process that was stopped holds it still.
 */
export async function isGone(former: Seat, own: Seat): Promise<boolean> {
  if (former.machine !== own.machine) return false;
  return former.address === own.address || (await probe(former.address)) === 'refused';
}
