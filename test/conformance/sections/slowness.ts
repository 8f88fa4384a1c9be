import { waitUntil } from '../../../shared/index.ts';
import { ANY, type Case } from '../case.ts';
import { tellAnswer, tellForwarded } from '../tell.ts';
import type { Client } from '../wire/client.ts';

const OPENED = 12;
const ALLOWED = 8;

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
  {
    number: 30,
    sends: 'a body of which one byte comes every 50 ms; 500 bytes/s are wanted after 300 ms',
    expects: '408, closed; cut at the target',
    edge: { limits: { bodyGraceMs: 300, minBodyBytesPerS: 500 } },
    probe: async (bench) => {
      const client = bench.connect();
      client.send('POST / HTTP/1.1\nHost: fleet\nContent-Length: 1000000\n\nhello');
      const stop = trickle(client, 'x', 50);
      const heard = await client.hear();
      stop();
      const { target } = bench;
      const isCut = await waitUntil(() => target.closed === target.sockets.length, { budgetMs: 1000, everyMs: 5 });
      return `${tellAnswer(heard)}; ${isCut ? 'cut at the target' : 'left open at the target'}`;
    },
  },
  {
    number: 31,
    sends: `${OPENED} connections with a request each, ${ALLOWED} allowed, 1 s of idleness`,
    expects: `${ALLOWED} answered, ${OPENED - ALLOWED} refused, all closed when idle`,
    forwarders: ANY,
    isOfEdge: true,
    edge: { limits: { clientConnections: ALLOWED, idleConnectionMs: 1000 } },
    probe: async (bench) => {
      const clients = Array.from({ length: OPENED }, () => bench.connect());
      for (const client of clients) client.send('GET / HTTP/1.1\nHost: fleet\n\n');
      await Promise.all(clients.map((client) => client.hear()));
      const answered = clients.filter((client) => client.heard().answers.length === 1).length;
      const refused = clients.filter((client) => client.heard().text === '').length;
      const isEmpty = (): boolean => clients.every((client) => client.heard().end !== 'open');
      const closed = (await waitUntil(isEmpty, { budgetMs: 8000, everyMs: 20 })) ? 'all closed' : 'not closed';
      return `${answered} answered, ${refused} refused, ${closed} when idle`;
    },
  },
];

function trickle(client: Client, text: string, everyMs: number): () => void {
  const timer = setInterval(() => client.send(text), everyMs);
  return () => clearInterval(timer);
}
