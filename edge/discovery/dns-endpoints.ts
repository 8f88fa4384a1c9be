import { lookup, Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { HostAllowList } from '../targets/host-allow-list.ts';
import type { Found } from './repeated-look.ts';

export interface DnsOptions {
  /** `host:port` of name servers, when not those of the system. */
  readonly servers?: readonly string[];
  /** The longest an answer is believed; its own time to live when that is shorter. */
  readonly everyMs?: number;
}

/** One address and for how long the name server vouches for it. */
interface Answer {
  readonly address: string;
  readonly forMs: number;
}

const EVERY_MS = 10_000;
/** No name is asked for more often. */
const LEAST_MS = 1_000;

/** Every address of a host as an endpoint, asked for again when the answer has aged. Names of the machine's own count. */
export class DnsEndpoints {
  readonly #resolver: Resolver;
  readonly #everyMs: number;
  readonly #allowed: HostAllowList;

  constructor({ servers, everyMs = EVERY_MS }: DnsOptions, allowed: HostAllowList) {
    this.#resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (servers && servers.length > 0) this.#resolver.setServers(servers);
    this.#everyMs = everyMs;
    this.#allowed = allowed;
  }

  /** A and AAAA of the URL's host, each at the URL's port. */
  async ofHost(url: string): Promise<Found> {
    const { hostname } = new URL(url);
    const answers = await this.#addressesOf(hostname);
    const addresses = answers.map(({ address }) => ({ url: urlAt(url, address), weight: 1 }));
    return { addresses, forMs: this.#ageOf(answers) };
  }

  /** The services of an SRV name, those of the best priority; ports and weights are the records'. */
  async ofService(name: string, url: string): Promise<Found> {
    const records = await this.#resolver.resolveSrv(name);
    const best = Math.min(...records.map(({ priority }) => priority));
    const chosen = records.filter(({ priority }) => priority === best);
    const found = await Promise.all(
      chosen.map(async ({ name: host, port, weight }) => {
        const answers = await this.#addressesOf(host);
        return answers.map(({ address }) => ({ url: urlAt(url, address, port), weight: Math.max(1, weight) }));
      }),
    );
    return { addresses: found.flat(), forMs: this.#everyMs };
  }

  async #addressesOf(host: string): Promise<Answer[]> {
    const found = await this.#ask(host);
    const allowed = found.filter(({ address }) => this.#allowed.allows(host, address));
    if (allowed.length > 0) return allowed;
    const all = found.map(({ address }) => address).join(', ');
    throw new Error(all === '' ? `${host} has no address` : `${host} is at ${all}, where no target may be`);
  }

  /** The name servers first: only they say for how long. */
  async #ask(host: string): Promise<Answer[]> {
    const [v4, v6] = await Promise.allSettled([
      this.#resolver.resolve4(host, { ttl: true }),
      this.#resolver.resolve6(host, { ttl: true }),
    ]);
    const records = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (records.length > 0) return records.map(({ address, ttl }) => ({ address, forMs: ttl * 1000 }));
    const known = await lookup(host, { all: true });
    return known.map(({ address }) => ({ address, forMs: this.#everyMs }));
  }

  #ageOf(answers: readonly Answer[]): number {
    return Math.max(LEAST_MS, Math.min(this.#everyMs, ...answers.map(({ forMs }) => forMs)));
  }
}

/** The same URL at an address, and at another port where one is given. */
function urlAt(url: string, address: string, port?: number): string {
  const { protocol, port: own } = new URL(url);
  const host = isIPv6(address) ? `[${address}]` : address;
  const at = port === undefined ? own : String(port);
  return `${protocol}//${host}${at === '' ? '' : `:${at}`}`;
}
