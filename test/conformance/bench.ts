import type { World } from '../../edge/testing/edge.fixture.ts';
import type { Client, Heard } from './wire/client.ts';
import type { RawTarget } from './wire/target.ts';

/** What a probe has in hand: a proxy and the application behind it, both on loopback. */
export interface Bench {
  readonly proxy: string;
  readonly port: number;
  readonly target: RawTarget;
  /** The edge and all it rests on; throws where the proxy is another. */
  world(): World;
  /** A connection to the proxy, from 127.0.0.1 or another address of this machine; ended with the case. */
  connect(from?: string): Client;
}

/** Sends one text on a connection of its own and hears the answers to it. */
export async function talk(bench: Bench, text: string | Buffer, answers = 1): Promise<Heard> {
  const client = bench.connect();
  client.send(text);
  const heard = await client.hear(answers);
  client.close();
  return heard;
}
