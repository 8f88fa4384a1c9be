import { connect, type Socket } from 'node:net';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import type { Exchange, Head, Wire } from './exchange.ts';
import { failureOf } from './undici-handler.ts';

/** Where a connection goes back to when it is free, and who is told when it is gone. */
export interface ConnectionHome {
  freed(connection: Connection): void;
  gone(connection: Connection): void;
}

/**
 * One kept-alive connection to a target, with one exchange at a time. Connecting, then busy and free in turns, then
 * gone for good: by an error, the target's end, a malformed answer or an answer that does not keep alive.
 */
export class Connection implements Wire, AnswerSink {
  readonly #socket: Socket;
  readonly #home: ConnectionHome;
  readonly #parser = new AnswerParser(this);
  #exchange: Exchange | undefined;
  #isGone = false;
  #uses = 0;
  freeSince = 0;

  constructor(host: string, port: number, connectMs: number, home: ConnectionHome) {
    this.#home = home;
    this.#socket = connect({ host, port, noDelay: true });
    const patience = setTimeout(() => this.#leave('refused'), connectMs);
    this.#socket.once('connect', () => clearTimeout(patience));
    this.#socket.on('data', (chunk) => this.#take(chunk));
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
    if (body === undefined) return void this.#socket.write(head, 'latin1');
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  drop(): void {
    this.#leave('reset');
  }

  head(head: Head): void {
    this.#exchange?.head(head);
  }

  data(chunk: Buffer): void {
    this.#exchange?.data(chunk);
  }

  complete(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (this.#socket.isPaused()) this.#socket.resume(); // The next exchange starts with an open ear.
    exchange?.complete();
  }

  #take(chunk: Buffer): void {
    const wasBusy = this.#exchange !== undefined;
    try {
      if (!this.#parser.feed(chunk)) return this.#leave('malformed');
    } catch {
      return this.#leave('malformed'); // A head Node refuses to send on.
    }
    if (this.#exchange !== undefined) return this.#exchange.idle();
    if (wasBusy && this.#parser.isReusable) this.#home.freed(this);
    else this.#leave('malformed');
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
