import { connect, type Socket } from 'node:net';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import type { Head } from './answer-head.ts';
import type { Carried, Wire } from './carried.ts';
import type { FailureKind, ForwardLimits } from './forwarder.ts';
import { failureOf } from './undici-handler.ts';

/** Where a connection goes back to when it is free, and who is told when it is gone. */
export interface ConnectionHome {
  freed(connection: Connection): void;
  gone(connection: Connection): void;
}

/** Where a connection goes to. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

export type ConnectLimits = Pick<ForwardLimits, 'connectMs' | 'lookup' | 'maxAnswerHeadBytes'>;

const READ_BYTES = 32_768;

/**
 * One kept-alive connection to a target, with one request at a time. Connecting, then busy and free in turns, then
 * gone for good: by an error, the target's end, a malformed answer or an answer that does not keep alive.
 */
export class Connection implements Wire, AnswerSink {
  readonly #socket: Socket;
  readonly #home: ConnectionHome;
  readonly #parser: AnswerParser;
  #carried: Carried | undefined;
  #isGone = false;
  #isPaused = false;
  #isSpent = false;
  #uses = 0;
  freeSince = 0;

  constructor(place: Place, limits: ConnectLimits, home: ConnectionHome) {
    const { connectMs, lookup, maxAnswerHeadBytes } = limits;
    this.#home = home;
    this.#parser = new AnswerParser(this, maxAnswerHeadBytes);
    // One buffer for all reads of this connection, no stream between: what is kept longer than a call is copied.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (length: number): boolean => this.#take(buffer.subarray(0, length));
    this.#socket = connect({ ...place, noDelay: true, onread: { buffer, callback }, ...(lookup && { lookup }) });
    const patience = setTimeout(() => this.#leave('refused'), connectMs);
    this.#socket.once('connect', () => clearTimeout(patience));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#leave(failureOf(error)));
    this.#socket.on('close', () => {
      clearTimeout(patience);
      this.#leave('reset');
    });
  }

  /** True for a connection that carried a request before: it may have died since without anyone noticing. */
  get wasUsed(): boolean {
    return this.#uses > 1;
  }

  send(carried: Carried, head: string, body: Buffer | undefined): void {
    this.#uses++;
    this.#carried = carried;
    carried.wire = this;
    carried.wasSent = !this.#socket.connecting;
    if (!carried.wasSent) this.#socket.once('connect', () => (carried.wasSent = true));
    this.#parser.expect(carried.method);
    // Head and body in one piece: latin1 carries every byte as it is.
    this.#socket.write(body === undefined ? head : head + body.toString('latin1'), 'latin1');
  }

  /** A piece of the body behind the head. False: no more until the upload is resumed. */
  sendChunk(chunk: Buffer, isChunked: boolean): boolean {
    const socket = this.#socket;
    if (isChunked) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      socket.write('\r\n', 'latin1');
      socket.uncork();
    } else socket.write(chunk);
    if (!socket.writableNeedDrain) return true;
    socket.once('drain', () => this.#carried?.upload?.resume());
    return false;
  }

  sendLastChunk(): void {
    this.#socket.write('0\r\n\r\n', 'latin1');
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  drop(): void {
    this.#leave('reset');
  }

  head(head: Head): void {
    this.#carried?.head(head);
  }

  interim(status: number, headers: readonly string[]): void {
    this.#carried?.interim(status, headers);
  }

  data(chunk: Buffer): void {
    this.#carried?.data(chunk);
  }

  trailers(raw: readonly string[]): void {
    this.#carried?.trailers(raw);
  }

  complete(): void {
    const carried = this.#carried;
    this.#carried = undefined;
    this.resume(); // The next request starts with an open ear.
    if (carried === undefined) return;
    this.#isSpent = carried.isLast;
    carried.complete();
  }

  /** False stops the reading until `resume`. */
  #take(chunk: Buffer): boolean {
    const wasBusy = this.#carried !== undefined;
    let isSound = false;
    try {
      isSound = this.#parser.feed(chunk);
    } catch {
      isSound = false; // A head Node refuses to send on.
    }
    if (this.#isGone) return false; // Dropped by whoever takes the answer.
    if (isSound && this.#carried !== undefined) this.#carried.idle();
    else if (isSound && wasBusy && !this.#isSpent && this.#parser.isReusable) this.#home.freed(this);
    else this.#leave('malformed');
    return !this.#isPaused;
  }

  #ended(): void {
    this.#parser.end();
    this.#leave('reset');
  }

  #leave(failure: FailureKind): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    const carried = this.#carried;
    this.#carried = undefined;
    this.#home.gone(this);
    carried?.fail(failure);
  }
}
