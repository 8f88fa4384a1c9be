import { messageOf } from '../../shared/index.ts';
import { parseFeatureSet, type FeatureSet } from '../feature-set.ts';
import type { FlagFailure } from '../flag-provider.ts';

/** What a server said when it was asked for its flags. */
export type FeatureAnswer =
  | { readonly kind: 'set'; readonly set: FeatureSet; readonly etag: string | undefined; readonly ageMs: number }
  | { readonly kind: 'unchanged'; readonly ageMs: number }
  | {
      readonly kind: 'failed';
      readonly reason: FlagFailure;
      readonly problem: string;
      /** The server asked to be left alone for so long. */
      readonly retryAfterMs?: number;
    };

export interface FeatureRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the set that is known already. */
  readonly etag: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A set larger than this is refused while it is being read. Parsing it would hold up every request of the edge. */
export const MAX_SET_BYTES = 8 << 20;

/** Asks once, bounded in time and size. Never throws: what is not a set is an answer too. */
export async function requestFeatures(request: FeatureRequest): Promise<FeatureAnswer> {
  const { url, headers, etag, timeoutMs } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const condition = etag === undefined ? {} : { 'if-none-match': etag };
    // A redirect would carry the token to who knows where, and usually leads to a page for people.
    const response = await fetch(url, { headers: { ...headers, ...condition }, redirect: 'manual', signal });
    return await readAnswer(response, url);
  } catch (error) {
    return describeError(error, url, timeoutMs);
  }
}

async function readAnswer(response: Response, url: string): Promise<FeatureAnswer> {
  if (response.status === 200) return readSet(response, url);
  await response.body?.cancel();
  if (response.status === 304) return { kind: 'unchanged', ageMs: ageOf(response) };
  const retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
  const reason = REASONS.get(response.status) ?? (response.status >= 500 ? 'server-error' : 'unexpected-answer');
  const problem = `${url} answers ${response.status}${HINTS[reason] ?? ''}`;
  return { kind: 'failed', reason, problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

const REASONS = new Map<number, FlagFailure>([
  [401, 'unauthorized'],
  [403, 'unauthorized'],
  [404, 'not-found'],
  [429, 'rate-limited'],
]);

const HINTS: Partial<Record<FlagFailure, string>> = {
  unauthorized: ': UNLEASH_API_TOKEN must be a backend token of this server',
  'not-found': ': UNLEASH_URL must be the base of its API, such as https://unleash.example/api',
};

async function readSet(response: Response, url: string): Promise<FeatureAnswer> {
  const text = await readText(response);
  if (text === undefined)
    return { kind: 'failed', reason: 'too-large', problem: `${url} answers more than ${MAX_SET_BYTES} bytes` };
  try {
    const set = parseFeatureSet(text, url);
    return { kind: 'set', set, etag: response.headers.get('etag') ?? undefined, ageMs: ageOf(response) };
  } catch (error) {
    return { kind: 'failed', reason: 'invalid', problem: messageOf(error) };
  }
}

/** Counts what comes out of the decompression, not what was sent. Undefined when it is too much. */
async function readText(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_SET_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** How long the answer lay in a cache, or with a server that lost its own source. */
function ageOf(response: Response): number {
  const seconds = Number(response.headers.get('age') ?? 0);
  return seconds > 0 ? seconds * 1000 : 0;
}

function retryAfterOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : undefined;
}

function describeError(error: unknown, url: string, timeoutMs: number): FeatureAnswer {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError')
    return { kind: 'failed', reason: 'timeout', problem: `${url} did not answer within ${timeoutMs} ms` };
  const code = cause?.code ?? messageOf(cause ?? error);
  const isTls = /CERT|TLS|SSL|SIGNED|ALTNAME/.test(code);
  return { kind: 'failed', reason: isTls ? 'tls' : 'unreachable', problem: `${url} cannot be reached: ${code}` };
}
