import { BanyanError, isBanyanError, messageOf } from '../shared/index.ts';
import { cliErrors } from './errors.ts';

interface RemoteError {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

interface Line {
  readonly progress?: unknown;
  readonly result?: unknown;
  readonly error?: RemoteError;
}

/** Talks to the control API of a running banyan. */
export class ControlClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.#send('GET', path);
    return this.#json<T>(response);
  }

  async post<T>(path: string, body: object): Promise<T> {
    return this.#json<T>(await this.#send('POST', path, body));
  }

  /** A long command: `onProgress` for each step, the last line's result as the value. */
  async run<T>(path: string, body: object, onProgress: (progress: unknown) => void, signal?: AbortSignal): Promise<T> {
    const response = await this.#send('POST', path, body, signal);
    if (!response.ok || !response.body) return this.#json<T>(response);
    for await (const line of linesOf(response.body, signal)) {
      if (line.error) throw remote(line.error);
      if ('result' in line) return line.result as T;
      onProgress(line.progress);
    }
    throw cliErrors.error('CLI_UNREACHABLE', { message: `${this.#url} ended the answer before the result` });
  }

  async #send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    try {
      return await fetch(this.#url + path, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw cliErrors.error('CLI_INTERRUPTED', { message: 'interrupted' });
      throw cliErrors.error('CLI_UNREACHABLE', {
        message: `${this.#url} does not answer: ${messageOf(error)}`,
        cause: error,
      });
    }
  }

  async #json<T>(response: Response): Promise<T> {
    const answer = (await response.json()) as { error?: RemoteError } & T;
    if (answer.error) throw remote(answer.error);
    return answer;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as Line;
    }
  } catch (error) {
    if (signal?.aborted)
      throw cliErrors.error('CLI_INTERRUPTED', {
        message: 'interrupted; steps before the point of no return were taken back',
      });
    throw isBanyanError(error)
      ? error
      : cliErrors.error('CLI_UNREACHABLE', { message: messageOf(error), cause: error });
  }
}

function remote({ code, message, fix }: RemoteError): BanyanError {
  return new BanyanError(code, { happened: message, normal: '', todo: fix }, { message });
}
