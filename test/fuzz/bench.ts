import { setImmediate as turn } from 'node:timers/promises';
import { openWorld, type World } from '../../edge/testing/edge.fixture.ts';
import { converse } from './conversation.ts';
import type { Outcome } from './judge.ts';
import type { Script } from './script.ts';
import { readStream } from './strict-request.ts';
import { StrictTarget } from './strict-target.ts';

export const FORWARDERS = ['direct', 'undici', 'http-proxy-middleware'] as const;
export type ForwarderName = (typeof FORWARDERS)[number];

/** Nothing here is about time: what is slow is found by who waits for it. */
const LIMITS = { connectMs: 20_000, firstByteMs: 20_000, totalMs: 30_000, headersMs: 20_000 };

/** A real edge with a forwarder, everything behind it one strict target. */
export class Bench {
  readonly forwarder: ForwarderName;
  readonly #target: StrictTarget;
  readonly #world: World;

  private constructor(forwarder: ForwarderName, target: StrictTarget, world: World) {
    this.forwarder = forwarder;
    this.#target = target;
    this.#world = world;
  }

  static async open(forwarder: ForwarderName): Promise<Bench> {
    const target = new StrictTarget();
    const url = await target.listen();
    const world = await openWorld({ forwarder, legacy: url, services: { trips: url }, limits: LIMITS });
    return new Bench(forwarder, target, world);
  }

  async run({ pieces, text }: Script): Promise<Outcome> {
    const reading = readStream(text);
    const heard = await converse(this.#world.port, pieces, reading);
    for (let i = 0; i < 3; i++) await turn(); // What was on its way when the client left.
    return { reading, heard, ...this.#target.take() };
  }

  async close(): Promise<void> {
    await this.#world.close();
    await this.#target.close();
  }
}
