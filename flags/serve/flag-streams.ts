import type { ServerResponse } from 'node:http';
import { FlagStream, frameOf } from './flag-stream.ts';
import type { SetHistory } from './set-history.ts';
import type { DeltaEvent } from './delta-event.ts';

export interface StreamLimits {
  readonly maxStreams: number;
  readonly heartbeatMs: number;
  /** Heartbeats after which a stream that took nothing is dropped. */
  readonly patience: number;
}

export const defaultStreamLimits: StreamLimits = { maxStreams: 1_000, heartbeatMs: 15_000, patience: 2 };

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx would keep the messages back otherwise.
  'X-Accel-Buffering': 'no',
};

/** Everybody who follows the flags now. */
export class FlagStreams {
  readonly #history: SetHistory;
  readonly #limits: StreamLimits;
  readonly #streams = new Set<FlagStream>();
  readonly #heartbeat: NodeJS.Timeout;
  #wholeSet: { readonly id: number; readonly frame: Buffer } | undefined;

  constructor(history: SetHistory, limits: StreamLimits) {
    this.#history = history;
    this.#limits = limits;
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** False when there are too many already: an SDK polls then. */
  open(response: ServerResponse): boolean {
    if (this.#streams.size >= this.#limits.maxStreams) return false;
    response.writeHead(200, HEADERS);
    response.socket?.setNoDelay(true);
    const stream = new FlagStream(response, () => this.#hydration());
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    stream.send(frameOf('unleash-connected', [this.#history.hydration()]));
    return true;
  }

  publish(events: readonly DeltaEvent[]): void {
    const frame = frameOf('unleash-updated', events);
    for (const stream of this.#streams) stream.send(frame);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const stream of this.#streams) stream.end();
  }

  /** Shared by all who fell behind. */
  #hydration(): Buffer {
    const id = this.#history.lastId;
    if (this.#wholeSet?.id !== id)
      this.#wholeSet = { id, frame: frameOf('unleash-updated', [this.#history.hydration()]) };
    return this.#wholeSet.frame;
  }

  #beat(): void {
    for (const stream of this.#streams) if (!stream.beat(this.#limits.patience)) stream.drop();
  }
}
