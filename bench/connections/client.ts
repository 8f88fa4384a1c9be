import { connect, type Socket } from 'node:net';

/** What became of the requests of many clients. */
export interface Tally {
  requests: number;
  errors: number;
  /** Milliseconds from a request to the last byte of its answer, one each. */
  readonly latencies: number[];
}

const HEAD_END = '\r\n\r\n';

/** One client that keeps its connection and asks for something now and then. */
export class KeptClient {
  readonly #socket: Socket;
  readonly #text: string;
  readonly #tally: Tally;
  #askedAt = 0;
  #head = '';
  #missing = 0;
  #isWaiting = false;
  #isGone = false;

  constructor(place: { host: string; port: number; localAddress: string }, text: string, tally: Tally) {
    this.#text = text;
    this.#tally = tally;
    this.#socket = connect({ ...place, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => this.#lost());
    this.#socket.on('close', () => this.#lost());
  }

  connected(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket.once('connect', () => resolve(true));
      this.#socket.once('close', () => resolve(false));
    });
  }

  /** A request that is still unanswered when the next one is due, or whose connection has gone, has failed. */
  ask(): void {
    this.#tally.requests++;
    if (this.#isWaiting || this.#isGone) {
      this.#tally.errors++;
      return;
    }
    this.#isWaiting = true;
    this.#head = '';
    this.#missing = -1;
    this.#askedAt = performance.now();
    this.#socket.write(this.#text, 'latin1');
  }

  #take(chunk: Buffer): void {
    if (this.#missing >= 0) this.#missing -= chunk.length;
    else this.#begin(chunk);
    if (this.#missing !== 0 || !this.#isWaiting) return;
    this.#isWaiting = false;
    this.#tally.latencies.push(performance.now() - this.#askedAt);
  }

  #begin(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    if (!head.startsWith('HTTP/1.1 2')) this.#tally.errors++;
    this.#missing =
      Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0) - (this.#head.length - end - HEAD_END.length);
    this.#head = '';
  }

  #lost(): void {
    if (this.#isWaiting && !this.#isGone) this.#tally.errors++;
    this.#isGone = true;
    this.#isWaiting = false;
  }
}
