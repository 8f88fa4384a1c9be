import { sessionOf } from './session.ts';

/** A note written through one edge, and what another edge showed next. */
export interface Pair {
  readonly user: number;
  readonly written: number;
  readonly read: number;
  /** Who answered the read, and why. */
  readonly target: string | null;
  readonly reason: string | null;
  readonly writeMs: number;
}

/**
 * A user of two edges. One with a jar sends back every cookie it is given, as a browser does; one without sends its
 * session alone, as a script does.
 */
export class PairClient {
  readonly #user: number;
  readonly #jar: Map<string, string> | undefined;
  readonly #session: Readonly<Record<string, string>>;
  #trip = '';
  #round = 0;

  private constructor(user: number, session: Readonly<Record<string, string>>, hasJar: boolean) {
    this.#user = user;
    this.#session = session;
    this.#jar = hasJar ? new Map() : undefined;
  }

  static async open(edgeUrl: string, user: number, { hasJar }: { hasJar: boolean }): Promise<PairClient> {
    const client = new PairClient(user, await sessionOf(edgeUrl, user), hasJar);
    const made = await client.send(edgeUrl, 'POST', '/api/trips', { pickup: 'Here' });
    client.#trip = ((await made.json()) as { id: string }).id;
    return client;
  }

  get trip(): string {
    return this.#trip;
  }

  async pair(writeUrl: string, readUrl: string): Promise<Pair> {
    const written = ++this.#round;
    const startedAt = performance.now();
    const answer = await this.send(writeUrl, 'PATCH', `/api/trips/${this.#trip}`, { note: String(written) });
    const text = await answer.text();
    const writeMs = performance.now() - startedAt;
    if (!answer.ok) throw new Error(`a write answered ${answer.status}: ${text}`);
    return { written, writeMs, ...(await this.read(readUrl, this.#trip)) };
  }

  async read(edgeUrl: string, trip: string): Promise<Omit<Pair, 'written' | 'writeMs'>> {
    const answer = await this.send(edgeUrl, 'GET', `/api/trips/${trip}`);
    if (!answer.ok) throw new Error(`a read answered ${answer.status}: ${await answer.text()}`);
    const { note } = (await answer.json()) as { note: string };
    const [target, reason] = ['target', 'reason'].map((name) => answer.headers.get(`x-banyan-${name}`));
    return { user: this.#user, read: Number(note), target: target ?? null, reason: reason ?? null };
  }

  async send(edgeUrl: string, method: string, path: string, body?: object): Promise<Response> {
    const cookies = [this.#session['cookie'], ...[...(this.#jar ?? [])].map(([name, value]) => `${name}=${value}`)];
    const headers = { ...this.#session, cookie: cookies.join('; '), 'x-banyan-explain': '1' };
    const answer = await fetch(edgeUrl + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      this.#jar?.set(name, value);
    }
    return answer;
  }
}

/** Each client makes its pairs one after another, from edge to edge; all of them at once. */
export async function makePairs(
  clients: readonly PairClient[],
  edgeUrls: readonly string[],
  count: number,
): Promise<Pair[]> {
  const perClient = Math.ceil(count / clients.length);
  const all = clients.map(async (client, i) => {
    const pairs: Pair[] = [];
    for (let round = 0; round < perClient; round++) {
      const [from = '', to = ''] = [
        edgeUrls[(round + i) % edgeUrls.length],
        edgeUrls[(round + i + 1) % edgeUrls.length],
      ];
      pairs.push(await client.pair(from, to));
    }
    return pairs;
  });
  return (await Promise.all(all)).flat();
}

export function staleOf(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ written, read }) => !(read >= written));
}
