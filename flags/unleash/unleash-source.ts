import { systemClock, type Clock, type Log } from '../../shared/index.ts';
import type { FlagSink, FlagSource } from '../flag-source.ts';
import { Doorbell } from './doorbell.ts';
import { requestFeatures, type FeatureAnswer } from './feature-request.ts';
import { nextDelayMs } from './retry-delay.ts';
import { sdkHeaders } from './sdk-headers.ts';
import type { SnapshotFile } from './snapshot-file.ts';

export interface UnleashSourceOptions {
  /** The API's base, such as https://unleash.example/api. */
  readonly url: string;
  readonly token: string;
  readonly appName: string;
  readonly refreshMs: number;
  readonly timeoutMs: number;
  /** Where the last good set is kept. */
  readonly snapshot?: SnapshotFile | undefined;
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** A confirmed set is written anew this often, so that its age on disk is not far off. */
const KEEP_EVERY_MS = 30_000;

/**
 * Polls an Unleash server, for ever: unleash-client's own poller gives up after one 401 and waits up to eleven times its
 * interval after failures. Where the server also streams, a change there rings and the poll is made at once.
 */
export class UnleashSource implements FlagSource {
  readonly name: string;
  readonly staleAfterMs: number;
  readonly #options: UnleashSourceOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #headers: Record<string, string>;
  readonly #doorbell: Doorbell;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #etag: string | undefined;
  #keptAt = 0;

  constructor(options: UnleashSourceOptions) {
    const { url, refreshMs, log, clock = systemClock, random = Math.random } = options;
    this.name = url;
    this.staleAfterMs = 3 * refreshMs;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#headers = sdkHeaders(options);
    const stream = { url: address(url, 'client/streaming'), headers: this.#headers };
    this.#doorbell = new Doorbell({ ...stream, onRing: () => this.#wake.abort(), log, clock, random });
  }

  async start(sink: FlagSink): Promise<void> {
    this.#running = this.#follow(sink);
    this.#doorbell.start();
    await this.#first.promise;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await Promise.all([this.#doorbell.stop(), this.#running]);
    await this.#options.snapshot?.flush();
  }

  async #follow(sink: FlagSink): Promise<void> {
    await this.#restore(sink);
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      this.#wake = new AbortController();
      const answer = await this.#ask();
      if (signal.aborted) break;
      this.#tell(sink, answer);
      this.#first.resolve();
      failures = answer.kind === 'failed' ? failures + 1 : 0;
      await this.#pause(failures, answer);
    }
    this.#first.resolve();
  }

  #ask(): Promise<FeatureAnswer> {
    const { url, timeoutMs } = this.#options;
    const request = { url: address(url, 'client/features'), headers: this.#headers, etag: this.#etag, timeoutMs };
    return requestFeatures({ ...request, signal: this.#stop.signal });
  }

  /** A ring that came while the server was being asked counts: it may have answered before the change. */
  async #pause(failures: number, answer: FeatureAnswer): Promise<void> {
    const { refreshMs } = this.#options;
    const retryAfterMs = answer.kind === 'failed' ? answer.retryAfterMs : undefined;
    const delay = nextDelayMs({ refreshMs, failures, retryAfterMs, random: this.#random() });
    await this.#clock.sleep(delay, AbortSignal.any([this.#wake.signal, this.#stop.signal]));
  }

  #tell(sink: FlagSink, answer: FeatureAnswer): void {
    switch (answer.kind) {
      case 'set':
        this.#etag = answer.etag;
        sink.take(answer.set, answer.ageMs);
        return this.#keep(sink, answer.ageMs, true);
      case 'unchanged':
        sink.confirm(answer.ageMs);
        return this.#keep(sink, answer.ageMs, false);
      case 'failed':
        return sink.fail(answer.reason, answer.problem);
    }
  }

  async #restore(sink: FlagSink): Promise<void> {
    const snapshot = await this.#options.snapshot?.read();
    if (!snapshot) return;
    const ageMs = this.#clock.now() - snapshot.asOf;
    // A set from the future tells nothing about its age: it is as old as can be.
    sink.take(snapshot.set, ageMs < 0 ? this.#clock.now() : ageMs);
  }

  #keep(sink: FlagSink, ageMs: number, isNew: boolean): void {
    const { snapshot } = this.#options;
    const now = this.#clock.now();
    const set = sink.features();
    if (!snapshot || !set || (!isNew && now - this.#keptAt < KEEP_EVERY_MS)) return;
    this.#keptAt = now;
    snapshot.keep({ set, asOf: now - ageMs });
  }
}

function address(url: string, path: string): string {
  return `${url.replace(/\/$/, '')}/${path}`;
}
