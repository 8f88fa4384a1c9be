import { connect, type Socket } from 'node:net';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import type { Head } from './answer-head.ts';
import type { Exchange, Wire } from './exchange.ts';
import type { ForwardLimits } from './forwarder.ts';
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
 * One kept-alive connection to a target, with one exchange at a time. Connecting, then busy and free in turns, then
 * gone for good: by an error, the target's end, a malformed answer or an answer that does not keep alive.
 */
export class Connection implements Wire, AnswerSink {
  readonly #socket: Socket;
  readonly #home: ConnectionHome;
  readonly #parser: AnswerParser;
  #exchange: Exchange | undefined;
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

  send(exchange: Exchange, head: string, body: Buffer | undefined): void {
    this.#uses++;
    this.#exchange = exchange;
    exchange.wire = this;
    exchange.wasSent = !this.#socket.connecting;
    if (!exchange.wasSent) this.#socket.once('connect', () => (exchange.wasSent = true));
    this.#parser.expect(exchange.job.method);
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
    socket.once('drain', () => this.#exchange?.upload?.resume());
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
    this.#exchange?.head(head);
  }

  interim(status: number, headers: readonly string[]): void {
    this.#exchange?.interim(status, headers);
  }

  data(chunk: Buffer): void {
    this.#exchange?.data(chunk);
  }

  trailers(raw: readonly string[]): void {
    this.#exchange?.trailers(raw);
  }

  complete(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.resume(); // The next exchange starts with an open ear.
    if (exchange === undefined) return;
    // Behind a body that was not sent whole, or that the target may not have looked for, nothing more can be said.
    this.#isSpent = exchange.job.isDoubtful || exchange.upload?.isDone === false;
    exchange.complete();
  }

  /** False stops the reading until `resume`. */
  #take(chunk: Buffer): boolean {
    const wasBusy = this.#exchange !== undefined;
    let isSound = false;
    try {
      isSound = this.#parser.feed(chunk);
    } catch {
      isSound = false; // A head Node refuses to send on.
    }
    if (isSound && this.#exchange !== undefined) this.#exchange.idle();
    else if (isSound && wasBusy && !this.#isSpent && this.#parser.isReusable) this.#home.freed(this);
    else this.#leave('malformed');
    return !this.#isPaused;
  }

  #ended(): void {
    this.#parser.end();
    this.#leave('reset');
  }

  #leave(failure: Parameters<Exchange['fail']>[0]): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#home.gone(this);
    exchange?.fail(failure);
  }
}
