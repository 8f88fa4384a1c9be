import { setImmediate as turn } from 'node:timers/promises';
import { openWorld, type World } from '../../edge/testing/edge.fixture.ts';
import { converse } from './conversation.ts';
import type { Outcome } from './judge.ts';
import type { Script } from './script.ts';
import { readStream } from './strict-request.ts';
import { converseInStreams } from './streams/stream-conversation.ts';
import type { StreamOutcome } from './streams/stream-judge.ts';
import type { StreamScript } from './streams/stream-script.ts';
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
  readonly #http2Port: number;

  private constructor(forwarder: ForwarderName, target: StrictTarget, world: World, http2Port: number) {
    this.forwarder = forwarder;
    this.#target = target;
    this.#world = world;
    this.#http2Port = http2Port;
  }

  static async open(forwarder: ForwarderName): Promise<Bench> {
    const target = new StrictTarget();
    const url = await target.listen();
    const world = await openWorld({ forwarder, legacy: url, services: { trips: url }, limits: LIMITS });
    const { port } = await world.edge.listenHttp2(0);
    return new Bench(forwarder, target, world, port);
  }

  async run({ pieces, text }: Script): Promise<Outcome> {
    const reading = readStream(text);
    const heard = await converse(this.#world.port, pieces, reading);
    await this.#settled();
    return { reading, heard, ...this.#target.take() };
  }

  async runStreams(script: StreamScript): Promise<StreamOutcome> {
    const heard = await converseInStreams(this.#http2Port, script);
    await this.#settled();
    return { script, heard, ...this.#target.take() };
  }

  /** What was on its way to the target when the client left is there. */
  async #settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await turn();
  }

  async close(): Promise<void> {
    await this.#world.close();
    await this.#target.close();
  }
}
