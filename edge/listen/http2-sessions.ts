import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

export interface SessionLimits {
  /** For the first request of a connection to arrive. */
  readonly headersMs: number;
  readonly idleConnectionMs: number;
}

/** The open HTTP/2 connections, each with the number of its open streams. */
export class Http2Sessions {
  readonly #limits: SessionLimits;
  readonly #streams = new Map<ServerHttp2Session, number>();

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  add(session: ServerHttp2Session): void {
    this.#streams.set(session, 0);
    session.on('close', () => this.#streams.delete(session));
    session.setTimeout(this.#limits.headersMs);
    session.on('timeout', () => this.#endIfIdle(session));
  }

  opened(session: ServerHttp2Session, stream: ServerHttp2Stream): void {
    this.#count(session, 1);
    session.setTimeout(this.#limits.idleConnectionMs);
    stream.on('close', () => this.#count(session, -1));
  }

  /**
   * Tells clients with GOAWAY which request is the last one that is carried; each connection ends with its last stream.
   * What was under way behind it may be sent again elsewhere, a write too (RFC 9113 §6.8): nobody has looked at it.
   */
  leave(): void {
    for (const session of this.#streams.keys()) if (!session.closed) session.close();
  }

  cut(): void {
    for (const session of this.#streams.keys()) session.destroy();
  }

  /** Node's timer knows nothing of streams that are open and quiet, such as events that are rare. */
  #endIfIdle(session: ServerHttp2Session): void {
    if (this.#streams.get(session) === 0) session.close();
  }

  #count(session: ServerHttp2Session, change: number): void {
    const streams = this.#streams.get(session);
    if (streams !== undefined) this.#streams.set(session, streams + change);
  }
}
