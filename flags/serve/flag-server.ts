import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FlagProvider } from '../flag-provider.ts';
import { defaultStreamLimits, FlagStreams, type StreamLimits } from './flag-streams.ts';
import { SetHistory } from './set-history.ts';

export interface FlagServerOptions {
  readonly flags: FlagProvider;
  /** What an SDK must show; the same for all. */
  readonly token: string;
  readonly limits?: Partial<StreamLimits>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Gives the flags of a provider to ordinary Unleash SDKs: `client/features`, `client/delta` and `client/streaming`, to be
 * mounted where the SDK's `url` points. A change goes out to every stream in the moment the provider knows it.
 */
export class FlagServer {
  readonly #flags: FlagProvider;
  readonly #token: Buffer;
  readonly #history = new SetHistory();
  readonly #streams: FlagStreams;
  readonly #unfollow: () => void;
  readonly #answers: Readonly<Record<string, Answer>> = {
    'GET /client/features': (request, response) => this.#features(request, response),
    'GET /client/delta': (request, response) => this.#delta(request, response),
    'GET /client/streaming': (_, response) => this.#streaming(response),
    // What SDKs tell about themselves is not kept; refused, they would say so in their logs.
    'POST /client/register': accepted,
    'POST /client/metrics': accepted,
  };

  constructor({ flags, token, limits }: FlagServerOptions) {
    this.#flags = flags;
    this.#token = digest(token);
    this.#streams = new FlagStreams(this.#history, { ...defaultStreamLimits, ...limits });
    this.#unfollow = flags.onChange(() => this.#follow());
    this.#follow();
  }

  /** How many SDKs follow by stream. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Answers every request it is handed. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (!this.#isAllowed(request)) return refuse(response, 401, 'this needs the token of BANYAN_FLAGS_TOKEN');
    const key = `${request.method} ${request.url?.split('?', 1)[0] ?? ''}`;
    const answer = Object.hasOwn(this.#answers, key) ? this.#answers[key] : undefined;
    if (!answer) return refuse(response, 404, `there is no ${key}`);
    if (this.#flags.features()) return answer(request, response);
    // An empty set would switch off everything at SDKs that still hold a good one.
    response.setHeader('Retry-After', '1');
    refuse(response, 503, 'no set of flags is known yet');
  }

  close(): void {
    this.#unfollow();
    this.#streams.close();
  }

  #follow(): void {
    const set = this.#flags.features();
    const events = set ? this.#history.accept(set) : [];
    if (events.length > 0) this.#streams.publish(events);
  }

  #features(request: IncomingMessage, response: ServerResponse): void {
    const set = this.#flags.features();
    if (!set) return;
    const etag = `"${this.#flags.revision()}"`;
    this.#conditional(request, response, etag, () => ({ ...set, segments: set.segments ?? [] }));
  }

  #delta(request: IncomingMessage, response: ServerResponse): void {
    const { process, lastId } = this.#history;
    this.#conditional(request, response, `"${process}:${lastId}"`, () => {
      const known = /"(\w+):(\d+)"/.exec(request.headers['if-none-match'] ?? '');
      const events = known?.[1] === process ? this.#history.since(Number(known[2])) : undefined;
      return { events: events ?? [this.#history.hydration()] };
    });
  }

  #streaming(response: ServerResponse): void {
    if (!this.#streams.open(response)) refuse(response, 429, 'too many streams; poll instead');
  }

  /** `Age` tells a reader that we may be cut off ourselves. */
  #conditional(request: IncomingMessage, response: ServerResponse, etag: string, body: () => object): void {
    const age = Math.floor(this.#flags.health().ageMs / 1000);
    const headers = { ETag: etag, ...(age > 0 ? { Age: String(age) } : {}) };
    if (request.headers['if-none-match']?.includes(etag)) return void response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body()));
  }

  /** SDKs send the token alone. Digests are compared, so that neither time nor length tells anything about it. */
  #isAllowed(request: IncomingMessage): boolean {
    const given = (request.headers.authorization ?? '').replace(/^Bearer /i, '');
    return timingSafeEqual(digest(given), this.#token);
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function accepted(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(202).end();
}

/** As Unleash says it. */
function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }));
}
