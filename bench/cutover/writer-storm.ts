import { Pool } from 'undici';
import { sessionOf } from '../../test/support/session.ts';

export interface StormOptions {
  readonly edgeUrls: readonly string[];
  readonly users: { readonly from: number; readonly count: number };
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
}

interface Sent {
  readonly isWrite: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
}

const TICK_MS = 5;
const CONNECTIONS = 48;

/** Users who change and read their own trip through every edge in turns, at a steady rate, each one thing at a time. */
export class WriterStorm {
  readonly #options: StormOptions;
  readonly #pools: readonly Pool[];
  readonly #sent: Sent[] = [];
  #idle: User[] = [];
  #timer: NodeJS.Timeout | undefined;
  #due = { write: 0, read: 0 };
  #turn = 0;
  failures: string[] = [];

  constructor(options: StormOptions) {
    this.#options = options;
    this.#pools = options.edgeUrls.map((url) => new Pool(url, { connections: CONNECTIONS, pipelining: 1 }));
  }

  /** Every user logs in and makes the trip that will be changed. */
  async start(): Promise<void> {
    const { edgeUrls, users } = this.#options;
    for (let id = users.from; id < users.from + users.count; id++)
      this.#idle.push(await openUser(edgeUrls[0] ?? '', id));
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#tick(Math.min(now - last, 100));
      last = now;
    }, TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  /** Milliseconds of the slowest write, and of the slowest read, that were under way at some moment between two. */
  slowest(from: number, to: number): { writeMs: number; readMs: number } {
    const overlapping = this.#sent.filter(({ startedAt, endedAt }) => startedAt < to && endedAt > from);
    const longest = (isWrite: boolean): number =>
      Math.max(0, ...overlapping.filter((one) => one.isWrite === isWrite).map((one) => one.endedAt - one.startedAt));
    return { writeMs: longest(true), readMs: longest(false) };
  }

  /** What came through since the last call, per second and in all; forgets the single requests. */
  drain(): { writes: number; reads: number } {
    const writes = this.#sent.filter(({ isWrite }) => isWrite).length;
    const reads = this.#sent.length - writes;
    this.#sent.length = 0;
    return { writes, reads };
  }

  #tick(elapsedMs: number): void {
    const { writesPerSecond, readsPerSecond } = this.#options;
    this.#due.write += (elapsedMs / 1000) * writesPerSecond;
    this.#due.read += (elapsedMs / 1000) * readsPerSecond;
    for (; this.#due.write >= 1; this.#due.write--) void this.#send(true);
    for (; this.#due.read >= 1; this.#due.read--) void this.#send(false);
  }

  async #send(isWrite: boolean): Promise<void> {
    const user = this.#idle.shift();
    if (!user) return; // All wait: what is held is not made more.
    const pool = this.#pools[this.#turn++ % this.#pools.length];
    const startedAt = performance.now();
    try {
      const { statusCode, body } = await (isWrite ? user.write(pool as Pool) : user.read(pool as Pool));
      const text = await body.text();
      if (statusCode >= 400) this.failures.push(`${isWrite ? 'PATCH' : 'GET'} ${statusCode} ${text.slice(0, 120)}`);
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
    this.#sent.push({ isWrite, startedAt, endedAt: performance.now() });
    this.#idle.push(user);
  }
}

interface User {
  write(pool: Pool): ReturnType<Pool['request']>;
  read(pool: Pool): ReturnType<Pool['request']>;
}

async function openUser(edgeUrl: string, id: number): Promise<User> {
  const headers = await sessionOf(edgeUrl, id);
  const made = await fetch(`${edgeUrl}/api/trips`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ pickup: 'Here' }),
  });
  if (!made.ok) throw new Error(`a trip of user ${id} was answered ${made.status}`);
  const { id: trip } = (await made.json()) as { id: string };
  const path = `/api/trips/${trip}`;
  let note = 0;
  return {
    write: (pool) => pool.request({ method: 'PATCH', path, headers, body: JSON.stringify({ note: String(++note) }) }),
    read: (pool) => pool.request({ method: 'GET', path, headers }),
  };
}
