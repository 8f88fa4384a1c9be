import { openWorld, type World } from '../../edge/testing/edge.fixture.ts';
import type { Bench } from './bench.ts';
import type { Case, ForwarderName } from './case.ts';
import { Client } from './wire/client.ts';
import { RawTarget } from './wire/target.ts';

/** Generous, so that no case but those about time ever meets one. */
const LIMITS = { connectMs: 1000, firstByteMs: 5000, totalMs: 10_000, headersMs: 5000 };

/** A real edge of its own for one run of one case, its legacy application a raw target. */
export async function withEdge<T>(one: Case, forwarder: ForwarderName, use: (bench: Bench) => Promise<T>): Promise<T> {
  const target = await new RawTarget().listen();
  const world = await openWorld({
    legacy: target.url,
    forwarder,
    ...one.edge,
    limits: { ...LIMITS, ...one.edge?.limits },
  });
  const clients: Client[] = [];
  try {
    return await use(benchOf(world, target, clients));
  } finally {
    for (const client of clients) client.close();
    await target.close();
    await world.close();
  }
}

function benchOf(world: World, target: RawTarget, clients: Client[]): Bench {
  const connect = (from?: string): Client => {
    const client = new Client(world.port, from);
    clients.push(client);
    return client;
  };
  return { proxy: 'banyan', port: world.port, target, world: () => world, connect };
}
