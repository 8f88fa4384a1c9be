import { Pool } from 'undici';
import { messageOf, type Clock, type Log } from '../../shared/index.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Claims } from './callers.ts';
import { LATE } from './identity-way.ts';

export interface IntrospectionOptions {
  /** A route of the monolith that answers who is logged in, such as http://legacy/api/users/me. */
  readonly url: string;
  /** Where the answer holds the user's id: `id`, or `user.id`. */
  readonly id: string;
  readonly tenant?: string | undefined;
  /** How long an answer counts. A logout elsewhere is honoured within this time. */
  readonly cacheMs?: number | undefined;
  /** How long the monolith may take. */
  readonly timeoutMs?: number | undefined;
  /** Routes that end the session they are called with: when one is answered, the session is forgotten at once. */
  readonly logout?: readonly { readonly method: string; readonly path: string }[] | undefined;
}

export const introspectionDefaults = { cacheMs: 1_000, timeoutMs: 500 } as const;

/** The user behind a session; undefined when the monolith says there is none. */
export type Finding = Claims | undefined | typeof LATE;

interface Answer {
  readonly finding: Claims | undefined;
  /** When it was asked for, not when it came: a logout in between must not be overlooked for longer. */
  readonly askedAtMs: number;
}

export interface IntrospectionParts {
  readonly options: IntrospectionOptions;
  readonly cookie: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: number;
}

const CONNECTIONS = 32;
const MAX_BODY = 65_536;
/** What more than so many waiting questions ask is answered `late`: the monolith has enough to do. */
const MAX_WAITING = 500;

/**
 * Asks the monolith whose session a cookie is. One question per session at a time; an answer counts for a second or so,
 * and is renewed from half of that time on without anybody waiting. What is kept is the hash of the cookie.
 */
export class Introspection {
  readonly #parts: IntrospectionParts;
  readonly #cacheMs: number;
  readonly #timeoutMs: number;
  readonly #url: URL;
  readonly #pool: Pool;
  readonly #answers: BoundedMap<string, Answer>;
  readonly #asking = new Map<string, Promise<Finding>>();
  #isFailing = false;

  constructor(parts: IntrospectionParts) {
    const { options, memory } = parts;
    this.#parts = parts;
    this.#cacheMs = options.cacheMs ?? introspectionDefaults.cacheMs;
    this.#timeoutMs = options.timeoutMs ?? introspectionDefaults.timeoutMs;
    this.#url = new URL(options.url);
    this.#pool = new Pool(this.#url.origin, { connections: CONNECTIONS, connect: { timeout: this.#timeoutMs } });
    this.#answers = new BoundedMap(memory);
  }

  find(digest: string, value: string): Finding | Promise<Finding> {
    const known = this.#answers.get(digest);
    const ageMs = known === undefined ? Infinity : this.#parts.clock.now() - known.askedAtMs;
    if (known === undefined || ageMs >= this.#cacheMs) return this.#ask(digest, value);
    if (ageMs * 2 >= this.#cacheMs) void this.#ask(digest, value);
    return known.finding;
  }

  /** The next request with this session asks again, and an answer that is still on its way no longer counts. */
  forget(digest: string): void {
    this.#answers.delete(digest);
    this.#asking.delete(digest);
  }

  async stop(): Promise<void> {
    await this.#pool.destroy();
  }

  #ask(digest: string, value: string): Finding | Promise<Finding> {
    const asked = this.#asking.get(digest);
    if (asked) return asked;
    if (this.#asking.size >= MAX_WAITING) return LATE;
    const askedAtMs = this.#parts.clock.now();
    const asking: Promise<Finding> = this.#request(value).then((finding) => {
      this.#take(digest, asking, askedAtMs, finding);
      return finding;
    });
    this.#asking.set(digest, asking);
    return asking;
  }

  #take(digest: string, asking: Promise<Finding>, askedAtMs: number, finding: Finding): void {
    if (this.#asking.get(digest) !== asking) return; // Forgotten meanwhile.
    this.#asking.delete(digest);
    if (finding !== LATE) this.#answers.set(digest, { finding, askedAtMs });
  }

  async #request(value: string): Promise<Finding> {
    try {
      const finding = await this.#exchange(value);
      this.#isFailing = false;
      return finding;
    } catch (error) {
      const problem = messageOf(error);
      const { origin, pathname } = this.#url;
      if (!this.#isFailing) this.#parts.log.warn({ url: origin + pathname, problem }, 'sessions cannot be asked about');
      this.#isFailing = true;
      return LATE;
    }
  }

  /** 200 names the user; a redirect and 401, 403 and 404 say that nobody is logged in; the rest says nothing. */
  async #exchange(value: string): Promise<Claims | undefined> {
    const { pathname, search } = this.#url;
    const { statusCode, body } = await this.#pool.request({
      method: 'GET',
      path: pathname + search,
      headers: { cookie: `${this.#parts.cookie}=${value}`, accept: 'application/json' },
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    if (statusCode === 200) return this.#claimsIn(await readJson(body));
    await body.dump();
    if ((statusCode >= 300 && statusCode < 400) || [401, 403, 404].includes(statusCode)) return undefined;
    throw new Error(`it answered ${statusCode}`);
  }

  #claimsIn(answer: unknown): Claims | undefined {
    const { id: idPath, tenant: tenantPath } = this.#parts.options;
    const id = textAt(answer, idPath);
    if (id === undefined) return undefined;
    const tenant = tenantPath === undefined ? undefined : textAt(answer, tenantPath);
    return { kind: 'user', id, ...(tenant === undefined ? {} : { tenant }) };
  }
}

async function readJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if ((size += chunk.length) > MAX_BODY) throw new RangeError(`its answer is longer than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** The text or number at a path of names with dots. */
function textAt(tree: unknown, path: string): string | undefined {
  let at = tree;
  for (const name of path.split('.')) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  if (typeof at === 'number' && !Number.isSafeInteger(at))
    throw new RangeError(`its ${path} is no number it can be told by`);
  return typeof at === 'string' || typeof at === 'number' ? String(at) : undefined;
}
