import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { SESSION_COOKIE, sessionOf, USERS } from '../edge/traffic.ts';

export interface Load {
  /** Of every request. */
  readonly ms: readonly number[];
  /** Of every answer, in no order: one for each distinct one. */
  readonly hashes: ReadonlySet<string>;
}

const CONNECTIONS = 16;
const COOKIES = Array.from({ length: USERS }, (_, i) => `Cookie: ${SESSION_COOKIE}=${sessionOf(i + 1)}`);

/**
 * Asks at a fixed rate, whatever the answers do, and counts from when a request was asked for, its wait for a connection included: an edge that stalls is found out.
 */
export async function askAtRate(port: number, perSecond: number, seconds: number): Promise<Load> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => Client.open(port)));
  const total = perSecond * seconds;
  const started = performance.now();
  const answers: Promise<number>[] = [];
  const hashes = new Set<string>();
  for (let i = 0; i < total; i++) {
    const due = started + (i * 1000) / perSecond;
    const early = due - performance.now();
    // Whoever waits awake takes a core from what is measured.
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const client = clients[i % CONNECTIONS];
    if (client) answers.push(client.ask(i, hashes));
  }
  const ms = await Promise.all(answers);
  for (const client of clients) client.close();
  return { ms, hashes };
}

/** One connection that is asked in turn: what comes before the answer to the last one waits. */
class Client {
  readonly #socket: Socket;
  #last: Promise<unknown> = Promise.resolve();
  #chunks: Buffer[] = [];
  #onAnswer: (body: Buffer) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
  }

  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new Client(socket)));
      socket.once('error', reject);
    });
  }

  ask(number: number, hashes: Set<string>): Promise<number> {
    const asked = performance.now();
    const answer = this.#last
      .then(() => this.#send(number))
      .then((body) => {
        const ms = performance.now() - asked;
        hashes.add(createHash('sha256').update(body).digest('hex'));
        return ms;
      });
    this.#last = answer;
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(number: number): Promise<Buffer> {
    const head = [`GET /api/trips/${number} HTTP/1.1`, 'Host: bench', COOKIES[number % USERS] ?? ''];
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      this.#socket.write(`${head.join('\r\n')}\r\n\r\n`);
    });
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    const all = Buffer.concat(this.#chunks);
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, end))?.[1] ?? Number.NaN);
    if (all.length < end + 4 + length) return;
    this.#chunks = [];
    this.#onAnswer(all.subarray(end + 4));
  }
}
