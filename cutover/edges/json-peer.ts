import type { Readable, Writable } from 'node:stream';
import { JsonLines } from '../../shared/index.ts';

export interface PeerHandlers<In> {
  /** One message, in the order they were sent. A throw ends the connection. */
  readonly message: (message: In) => void;
  /** Once, whichever side or network ended it. */
  readonly closed: () => void;
}

/** More than this unsent means that the other end does not read. */
const BACKLOG = 8 * 1024 * 1024;
const PATIENCE_MS = 1_000;

/** Messages both ways over the two halves of one HTTP exchange, a line of JSON each. Order is kept; nothing is repeated. */
export class JsonPeer<In, Out> {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #handlers: PeerHandlers<In>;
  readonly #lines = new JsonLines();
  #isClosed = false;

  constructor(input: Readable, output: Writable, handlers: PeerHandlers<In>) {
    this.#input = input;
    this.#output = output;
    this.#handlers = handlers;
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    for (const half of [input, output]) {
      half.on('error', () => this.close());
      half.on('close', () => this.close());
    }
    input.on('end', () => this.close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(message: Out): void {
    if (this.#isClosed) return;
    this.#output.write(`${JSON.stringify(message)}\n`);
    if (this.#output.writableLength > BACKLOG) this.close();
  }

  /** What was sent is still delivered; what comes is no longer heard. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#output.destroyed) this.#output.end();
    setTimeout(() => this.#cut(), PATIENCE_MS).unref();
    this.#handlers.closed();
  }

  /** A socket destroyed at once would take with it what the other end has not read. */
  #cut(): void {
    this.#input.destroy();
    this.#output.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#lines.take(chunk)) {
        if (this.#isClosed) return;
        this.#handlers.message(message as In);
      }
    } catch {
      this.close();
    }
  }
}
