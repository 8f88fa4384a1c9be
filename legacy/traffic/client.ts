import { Pool } from 'undici';

export interface Answer {
  /** 0 when no complete answer came back. */
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly ms: number;
  /** The network's error code, only with status 0. */
  readonly failure?: string;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The template, for counting: `/api/trips/{id}`. */
  readonly route: string;
  readonly path: string;
  readonly cookie?: string;
  readonly body?: object;
}

export interface Client {
  /** Sends once and never again. Does not throw: a broken connection is an answer with status 0. */
  send(call: Call): Promise<Answer>;
  close(): Promise<void>;
}

export function createClient(o: { baseUrl: string; connections: number; explain: boolean; timeoutMs: number }): Client {
  const { connections, timeoutMs } = o;
  const pool = new Pool(o.baseUrl, { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  return {
    send: (call) => send(pool, call, o.explain),
    close: () => pool.destroy(),
  };
}

async function send(pool: Pool, call: Call, explain: boolean): Promise<Answer> {
  const started = performance.now();
  const ms = (): number => performance.now() - started;
  const headers: Record<string, string> = {};
  if (call.cookie) headers['cookie'] = call.cookie;
  if (explain) headers['x-banyan-explain'] = '1';
  if (call.body) headers['content-type'] = 'application/json';
  try {
    const body = call.body ? JSON.stringify(call.body) : null;
    const answer = await pool.request({ method: call.method, path: call.path, headers, body });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parse(text), headers: flat(answer.headers), ms: ms() };
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    return { status: 0, body: undefined, headers: {}, ms: ms(), failure: code ?? message ?? 'unknown' };
  }
}

/** Something that is not JSON is no answer the model can agree with. */
function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]));
}
