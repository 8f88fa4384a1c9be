import { READS, SESSION_COOKIE, sessionOf, USERS, WRITE_BODY } from '../edge/traffic.ts';
import { KeptClient, type Tally } from './client.ts';

/** One load process: it opens its share of the connections, then lets each ask at its own pace. */
export interface Connect {
  readonly port: number;
  readonly clients: number;
  /** Number of the first client, among those of all processes. */
  readonly first: number;
  readonly perSecond: number;
}

export interface Ask {
  readonly seconds: number;
  /** Seconds between two requests of a client, on average. */
  readonly pauseS: number;
}

export interface Opened {
  readonly connected: number;
  readonly errors: number;
}

export type Told = { readonly connect: Connect } | { readonly ask: Ask };

/** Below what one address has of ports. */
const CLIENTS_PER_ADDRESS = 5_000;
const STEP_MS = 20;
const LAST_ANSWERS_MS = 2_000;

const clients: KeptClient[] = [];
const tally: Tally = { requests: 0, errors: 0, latencies: [] };

process.on('message', (told: Told) => {
  void ('connect' in told ? open(told.connect) : ask(told.ask)).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));
process.send?.({ isHere: true });

/** Opens them at an even rate; each asks once, as a browser that connects does. */
async function open({ port, clients: count, first, perSecond }: Connect): Promise<Opened> {
  const before = clients.length;
  const opening: Promise<boolean>[] = [];
  for (const startedAt = performance.now(); clients.length - before < count; await pause(STEP_MS)) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) * perSecond) / 1000));
    while (clients.length - before < due) opening.push(openOne(port, first + clients.length - before));
  }
  const connected = (await Promise.all(opening)).filter(Boolean).length;
  await pause(LAST_ANSWERS_MS);
  return { connected, errors: tally.errors };
}

function openOne(port: number, number: number): Promise<boolean> {
  const localAddress = `127.0.1.${1 + Math.floor(number / CLIENTS_PER_ADDRESS)}`;
  const client = new KeptClient({ host: '127.0.0.1', port, localAddress }, requestOf(number), tally);
  clients.push(client);
  return client.connected().then((isConnected) => {
    client.ask();
    return isConnected;
  });
}

/** Answers what became of the requests of this time. Those that began before it are not in it. */
async function ask({ seconds, pauseS }: Ask): Promise<Tally> {
  Object.assign(tally, { requests: 0, errors: 0 });
  tally.latencies.length = 0;
  const until = performance.now() + seconds * 1000;
  const timers = clients.map((client) => repeat(client, pauseS * 1000, until));
  await pause(seconds * 1000);
  for (const stop of timers) stop();
  await pause(LAST_ANSWERS_MS);
  return tally;
}

/** Pauses from a half to one and a half of the average, the first one from nothing on: never all at once. */
function repeat(client: KeptClient, averageMs: number, until: number): () => void {
  let timer: NodeJS.Timeout;
  const next = (delayMs: number): void => {
    timer = setTimeout(() => {
      if (performance.now() >= until) return;
      client.ask();
      next(averageMs * (0.5 + Math.random()));
    }, delayMs);
  };
  next(averageMs * Math.random());
  return () => clearTimeout(timer);
}

/** Signed-in users over several routes, one client in ten a writer. */
function requestOf(number: number): string {
  const cookie = `Cookie: ${SESSION_COOKIE}=${sessionOf((number % USERS) + 1)}\r\n`;
  const common = `Host: fleet.example\r\n${cookie}Accept: application/json\r\nUser-Agent: fleet-app/4.2 (bench)\r\nAccept-Language: de-DE,de;q=0.9\r\n`;
  if (number % 10 > 0) return `GET ${READS[number % READS.length]} HTTP/1.1\r\n${common}\r\n`;
  const length = `Content-Type: application/json\r\nContent-Length: ${WRITE_BODY.length}\r\n`;
  return `POST /api/trips HTTP/1.1\r\n${common}${length}\r\n${WRITE_BODY}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
