import { ANY, type Case } from '../case.ts';
import { tellAnswer, tellForwarded } from '../tell.ts';
import type { Client } from '../wire/client.ts';

/** Section A: clients that take their time. */
export const slownessCases: readonly Case[] = [
  {
    number: 29,
    sends: 'a head of which one line comes every 100 ms; 400 ms are allowed',
    expects: '408, closed; nothing forwarded',
    forwarders: ANY,
    edge: { limits: { headersMs: 400 } },
    probe: async (bench) => {
      const client = bench.connect();
      client.send('GET / HTTP/1.1\nHost: fleet\n');
      const stop = trickle(client, 'X-A: 1\n', 100);
      const heard = await client.hear();
      stop();
      return `${tellAnswer(heard)}; ${tellForwarded(bench)}`;
    },
  },
];

function trickle(client: Client, text: string, everyMs: number): () => void {
  const timer = setInterval(() => client.send(text), everyMs);
  return () => clearInterval(timer);
}
