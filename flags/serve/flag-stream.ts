import type { ServerResponse } from 'node:http';

/** A message of the stream, encoded once for all who get it. */
export function frameOf(event: 'unleash-connected' | 'unleash-updated', events: readonly object[]): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify({ events })}\n\n`);
}

const HEARTBEAT = Buffer.from(':\n\n');

/**
 * One SDK that follows the flags. What it has not read yet is at most one message beyond the socket's buffer: who cannot
 * keep up misses messages and gets the whole set once it reads again, and who does not read at all is let go.
 */
export class FlagStream {
  readonly #response: ServerResponse;
  readonly #wholeSet: () => Buffer;
  #stuckBeats = 0;
  #isBehind = false;
  #hasMissed = false;

  constructor(response: ServerResponse, wholeSet: () => Buffer) {
    this.#response = response;
    this.#wholeSet = wholeSet;
    response.on('drain', () => this.#catchUp());
  }

  send(frame: Buffer): void {
    if (this.#isBehind) this.#hasMissed = true;
    else this.#isBehind = !this.#response.write(frame);
  }

  /** Keeps proxies and the SDK from giving up. False when this stream has not moved for `patience` beats. */
  beat(patience: number): boolean {
    if (!this.#isBehind) {
      this.send(HEARTBEAT);
      return true;
    }
    this.#stuckBeats++;
    return this.#stuckBeats < patience;
  }

  end(): void {
    this.#response.end();
  }

  drop(): void {
    this.#response.destroy();
  }

  #catchUp(): void {
    this.#isBehind = false;
    this.#stuckBeats = 0;
    if (!this.#hasMissed) return;
    this.#hasMissed = false;
    this.send(this.#wholeSet());
  }
}
