import { randomUUID } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { IDENTITY_HEADER } from '../identify/identity-token.ts';
import { undiciOrigin } from '../targets/unix-socket.ts';
import {
  SHADOW_ACK_HEADER,
  SHADOW_ACKS,
  SHADOW_ANSWER_TYPE,
  SHADOW_HEADER,
  SHADOW_REFUSED,
  SHADOW_REWIND_HEADER,
  type RewindRow,
  type ShadowAnswer,
} from './contract.ts';
import type { WriteCopy } from './write-copy.ts';

export interface ShadowServiceOptions {
  readonly connections: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly lookup: LookupFunction | undefined;
}

/**
 * What became of a write that was to leave nothing behind. `refused`: the service says that it did nothing. `unsent`: it
 * never got there. `unacknowledged`: it may have been done.
 */
export type Rehearsal =
  | { readonly kind: 'rehearsed'; readonly answer: ShadowAnswer }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unsent' }
  | { readonly kind: 'unacknowledged' };

/** How long an address counts as proven. A process that takes over an address meanwhile is not noticed. */
const PROOF_MS = 5_000;
/** Of the header with the rows of before; Node takes 16 KiB of all headers together. */
const MAX_REWIND = 8_192;

const NOT_COPIED = new Set([
  'accept-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'idempotency-key',
  'if-match',
  'if-none-match',
]);

/** The service's end of a rehearsal, over connections of its own. Nothing is ever sent twice. */
export class ShadowService {
  readonly #options: ShadowServiceOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #provenUntil = new Map<string, number>();

  constructor(options: ShadowServiceOptions) {
    this.#options = options;
  }

  /** True when the service at that address has shown that it knows what a shadow is. */
  async isProven(url: string, signal: AbortSignal): Promise<boolean> {
    if ((this.#provenUntil.get(url) ?? 0) > performance.now()) return true;
    try {
      const headers = { [SHADOW_HEADER]: 'probe' };
      const answer = await this.#poolOf(url).request({
        method: 'OPTIONS',
        path: '/',
        headers,
        signal: this.#until(signal),
      });
      await answer.body.dump();
      if (answer.headers[SHADOW_ACK_HEADER] !== SHADOW_ACKS.probe) return false;
      this.#provenUntil.set(url, performance.now() + PROOF_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** To a proven address only. Never rejects. */
  async rehearse(url: string, write: WriteCopy, rewind: readonly RewindRow[], signal: AbortSignal): Promise<Rehearsal> {
    const headers = headersOf(write, rewind);
    if (!headers) return { kind: 'unsent' };
    const { method, path, body, mode } = write;
    try {
      const until = this.#until(signal);
      const answer = await this.#poolOf(url).request({ method, path, headers, body: body ?? null, signal: until });
      const ack = answer.headers[SHADOW_ACK_HEADER];
      const text = await this.#read(answer.body);
      if (ack === SHADOW_REFUSED) return { kind: 'refused' };
      if (ack !== SHADOW_ACKS[mode]) return this.#unproven(url);
      const isReadable = answer.headers['content-type'] === SHADOW_ANSWER_TYPE;
      return isReadable ? { kind: 'rehearsed', answer: JSON.parse(text) as ShadowAnswer } : { kind: 'refused' };
    } catch (error) {
      return isUnsent(error) ? { kind: 'unsent' } : this.#unproven(url);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #unproven(url: string): Rehearsal {
    this.#provenUntil.delete(url);
    return { kind: 'unacknowledged' };
  }

  async #read(body: AsyncIterable<unknown>): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if ((size += chunk.length) > this.#options.maxBytes) return '';
      chunks.push(chunk);
    }
    return String(Buffer.concat(chunks));
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
  }

  #poolOf(url: string): Pool {
    const known = this.#pools.get(url);
    if (known) return known;
    const { connections, lookup } = this.#options;
    const { origin, connect: place } = undiciOrigin(url);
    const connect = { ...place, timeout: 2_000, ...(lookup && { lookup }) };
    const pool = new Pool(origin, { connections, pipelining: 1, connect });
    this.#pools.set(url, pool);
    return pool;
  }
}

/** Undefined when the rows of before are too many to be told. A key of its own keeps it apart from the write itself. */
function headersOf({ headers, identity, mode }: WriteCopy, rewind: readonly RewindRow[]): string[] | undefined {
  const told = rewind.length === 0 ? '' : Buffer.from(JSON.stringify(rewind)).toString('base64url');
  if (told.length > MAX_REWIND) return undefined;
  const token = identity();
  return [
    ...headers.filter((_, i) => !NOT_COPIED.has((headers[i - (i % 2)] ?? '').toLowerCase())),
    ...(token === undefined ? [] : [IDENTITY_HEADER, token]),
    'idempotency-key',
    `banyan-shadow-${randomUUID()}`,
    SHADOW_HEADER,
    mode,
    ...(told === '' ? [] : [SHADOW_REWIND_HEADER, told]),
  ];
}

const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH']);

function isUnsent(error: unknown): boolean {
  return UNSENT.has((error as { code?: string }).code ?? '');
}
