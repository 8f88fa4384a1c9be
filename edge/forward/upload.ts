import type { ArrivingRequest } from '../client.ts';

/** Where a request's body goes. */
export interface BodySink {
  /** False: no more until `resume`. */
  bodyChunk(chunk: Buffer): boolean;
  /** The whole body has come. */
  bodyEnd(): void;
}

/** Where the bytes of a body whose length nobody knows are counted. */
export interface ByteCount {
  readonly bodyBytes: number;
  readonly maxBodyBytes: number;
  requestBytes: number;
}

const LINGER_MS = 5000;

/**
 * A request's body on its way, as fast as the slower of client and target. Waiting for a sink, then flowing or paused,
 * then done; or dropped, when nobody wants the rest: it is read on for a while, so that the client gets to its answer.
 */
export class Upload {
  isDone = false;
  isPaused = false;
  /** Told once more has come than may come. */
  onOverflow: (() => void) | undefined;
  /** When the whole body had come. */
  endedAt = 0;
  readonly #request: ArrivingRequest;
  readonly #count: ByteCount;
  #sink: BodySink | undefined;
  #received = 0;
  #windowAt = 0;
  #pausedAt = 0;
  #pausedMs = 0;

  constructor(request: ArrivingRequest, count: ByteCount) {
    this.#request = request;
    this.#count = count;
  }

  pour(sink: BodySink): void {
    this.#sink = sink;
    this.#openWindow(performance.now());
    this.#request.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#request.on('end', () => this.#end());
    this.#request.on('error', () => undefined); // A client that leaves is known from its response.
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#pausedMs += performance.now() - this.#pausedAt;
    this.#request.resume();
  }

  drop(): void {
    if (this.isDone || this.#request.destroyed) return;
    this.#sink = undefined;
    this.isPaused = false;
    const patience = setTimeout(() => this.#request.destroy(), LINGER_MS);
    patience.unref();
    this.#request.on('close', () => clearTimeout(patience));
    this.#request.resume();
  }

  /**
   * Whether less than this has come since it was last judged, `windowMs` or more ago; time in which no more could have been
   * taken does not count. A body that began fast and then stands still is slow, too.
   */
  isSlow(now: number, windowMs: number, bytesPerS: number): boolean {
    if (this.isPaused || this.#sink === undefined) return false;
    const waitedMs = now - this.#windowAt - this.#pausedMs;
    if (waitedMs < windowMs) return false;
    const isSlow = this.#received * 1000 < bytesPerS * waitedMs;
    this.#openWindow(now);
    return isSlow;
  }

  /** How long nothing more has been taken. */
  pausedMs(now: number): number {
    return this.isPaused ? now - this.#pausedAt : 0;
  }

  #openWindow(now: number): void {
    this.#windowAt = now;
    this.#received = 0;
    this.#pausedMs = 0;
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#count.bodyBytes < 0) this.#count.requestBytes += chunk.length;
    if (this.#sink !== undefined && this.#count.requestBytes > this.#count.maxBodyBytes) return this.onOverflow?.();
    if (this.#sink === undefined || this.#sink.bodyChunk(chunk)) return;
    this.isPaused = true;
    this.#pausedAt = performance.now();
    this.#request.pause();
  }

  #end(): void {
    this.isDone = true;
    this.endedAt = performance.now();
    this.#sink?.bodyEnd();
  }
}
