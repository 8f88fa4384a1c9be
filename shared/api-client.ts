import { BanyanError, isBanyanError, messageOf } from './errors.ts';

export interface ApiClientOptions {
  /** Of several, with commas, the one that can answer is found: see {@link ApiClient}. */
  readonly url: string;
  readonly token: string;
  /** What every request says besides. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the error for a peer that gives no answer, or breaks off in one. */
  readonly unreachable: (facts: { message: string; cause?: unknown }) => BanyanError;
  /** Makes the error for a call that the caller's own signal ended. The same as unreachable when absent. */
  readonly interrupted?: (facts: { message: string }) => BanyanError;
}

export interface CallLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface RemoteError {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly retriable?: boolean;
}

interface Line {
  readonly progress?: unknown;
  readonly result?: unknown;
  readonly error?: RemoteError;
}

/** The answer of a process that leaves what was asked to another one, and has done nothing of it (Misdirected Request). */
export const ASK_ANOTHER = 421;

/** Addresses with commas between, each without a slash at its end. */
export function urlsIn(list: string): string[] {
  return list.split(',').map((url) => url.trim().replace(/\/$/, ''));
}

/** How long one of several may take to say that it is there. */
const PATIENCE_MS = 2_000;

/**
 * Talks to one of our own APIs: JSON both ways, a bearer token, long commands as lines of JSON. An error of the other
 * side arrives here with its code, message and fix. With several addresses the next one is asked when nobody answers at
 * the first, or it says that it is another's to do; a request that may have been carried out is never sent twice.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #urls: readonly string[];
  #at = 0;

  constructor(options: ApiClientOptions) {
    this.#urls = urlsIn(options.url);
    this.#options = options;
  }

  /** The one that is asked next. */
  get url(): string {
    return this.#urls[this.#at % this.#urls.length] ?? '';
  }

  async get<T>(path: string, limits: CallLimits = {}): Promise<T> {
    return this.#json<T>(await this.#send('GET', path, undefined, limits), limits);
  }

  /** An answer that is no JSON, such as metrics; an error of the other side is thrown as ever. */
  async text(path: string, limits: CallLimits = {}): Promise<string> {
    const response = await this.#send('GET', path, undefined, limits);
    if (!response.ok) await this.#json(response, limits);
    return response.text();
  }

  async post<T>(path: string, body: object, limits: CallLimits = {}): Promise<T> {
    return this.#json<T>(await this.#send('POST', path, body, limits), limits);
  }

  /** A long command: `onProgress` for each step, awaited before the next is read; the last line's result as the value. */
  async run<T>(
    path: string,
    body: object,
    onProgress: (progress: unknown) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<T> {
    const limits = signal ? { signal } : {};
    const response = await this.#send('POST', path, body, limits);
    if (!response.ok || !response.body) return this.#json<T>(response, limits);
    for await (const line of this.#lines(response.body, signal)) {
      if (line.error) throw remote(line.error);
      if ('result' in line) return line.result as T;
      await onProgress(line.progress);
    }
    throw this.#options.unreachable({ message: `${this.url} ended the answer before the result` });
  }

  async #send(method: string, path: string, body: object | undefined, limits: CallLimits): Promise<Response> {
    const { token, headers } = this.#options;
    const init = {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
    for (let others = this.#urls.length - 1; ; others--) {
      const answer = await this.#ask(path, init, limits, others > 0);
      if (answer) return answer;
      this.#at++;
    }
  }

  /** Undefined when the next address is to be asked. After a failure it is the one of the next request. */
  async #ask(path: string, init: RequestInit, limits: CallLimits, hasOthers: boolean): Promise<Response | undefined> {
    if (hasOthers && !(await this.#isThere())) return undefined;
    const signal = signalOf(limits);
    try {
      if (!hasOthers && this.#urls.length > 1) await this.#greet();
      const response = await fetch(this.url + path, { ...init, ...(signal && { signal }) });
      if (response.status !== ASK_ANOTHER || !hasOthers) return response;
      await response.body?.cancel();
      return undefined;
    } catch (error) {
      const broken = this.#broken(error, limits.signal);
      this.#at++;
      throw broken;
    }
  }

  #isThere(): Promise<boolean> {
    return this.#greet().then(
      () => true,
      () => false,
    );
  }

  /** One that was stopped takes connections still, and answers nothing: of several none is waited for. */
  async #greet(): Promise<void> {
    const response = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.body?.cancel();
  }

  async #json<T>(response: Response, limits: CallLimits): Promise<T> {
    let answer: { error?: RemoteError } & T;
    try {
      answer = (await response.json()) as { error?: RemoteError } & T;
    } catch (error) {
      throw this.#broken(error, limits.signal);
    }
    if (answer.error) throw remote(answer.error);
    return answer;
  }

  async *#lines(body: ReadableStream<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Line> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as Line;
      }
    } catch (error) {
      throw isBanyanError(error) ? error : this.#broken(error, signal);
    }
  }

  #broken(error: unknown, signal: AbortSignal | undefined): BanyanError {
    const { interrupted, unreachable } = this.#options;
    if (signal?.aborted && interrupted) return interrupted({ message: 'interrupted' });
    return unreachable({ message: `${this.url} does not answer: ${reasonOf(error)}`, cause: error });
  }
}

function signalOf({ timeoutMs, signal }: CallLimits): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal;
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

/** `fetch failed` alone helps nobody; what failed is its cause. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  const { code } = (cause ?? {}) as { code?: string };
  return code ?? messageOf(cause ?? error);
}

function remote({ code, message, fix, retriable }: RemoteError): BanyanError {
  const doc = { happened: message, normal: '', todo: fix, ...(retriable ? { retriable } : {}) };
  return new BanyanError(code, doc, { message });
}
