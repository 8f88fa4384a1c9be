import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type BlockList, type LookupFunction } from 'node:net';
import { contains, isNetwork, networksOf } from '../networks.ts';

/**
 * Where no target may ever be, whatever is allowed: addresses that answer anybody on the machine with its credentials
 * (link-local, where clouds keep their metadata, and their other places), and those that are no host at all.
 */
const NEVER = [
  '169.254.0.0/16',
  'fe80::/10',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::/64',
  '0.0.0.0/8',
  '::/128',
  '224.0.0.0/4',
  '240.0.0.0/4',
  'ff00::/8',
];

const NAME = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** The hosts targets may be at. Without entries: every host but those no target may ever be at. */
export class HostAllowList {
  readonly #never = networksOf(NEVER);
  readonly #networks: BlockList;
  readonly #names: readonly string[];
  readonly #isOpen: boolean;

  /** Entries: `10.0.0.0/8`, `::1`, `trips.internal`, `*.internal`. Check them with `problemsOfEntries` before. */
  constructor(entries: readonly string[] = []) {
    const lower = entries.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
    this.#networks = networksOf(lower.filter(isNetwork));
    this.#names = lower.filter((entry) => !isNetwork(entry));
    this.#isOpen = lower.length === 0;
  }

  /** Why no target may be at this URL; undefined when one may. A name is looked at again when it is resolved. */
  problemOf(url: string): string | undefined {
    if (!URL.canParse(url)) return 'not a URL';
    const { protocol, hostname, username } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:')
      return `of the scheme ${protocol}, which the edge does not speak`;
    if (username !== '') return 'carrying a user name, which would show in logs';
    const host = hostname.replaceAll(/[[\]]/g, '');
    if (isIP(host) === 0) return this.#mayBecome(host) ? undefined : `at ${host}, which is not among the allowed hosts`;
    return this.allows(host, host) ? undefined : `at ${host}, where no target may be`;
  }

  /** True when a target named `host` may be at this address. */
  allows(host: string, address: string): boolean {
    if (contains(this.#never, address)) return false;
    return this.#isOpen || this.#isNamed(host) || contains(this.#networks, address);
  }

  /** Resolves names for connections, and leaves out addresses where no target may be. */
  readonly lookup: LookupFunction = (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const allowed = found.filter(({ address }) => this.allows(host, address));
      const [first] = allowed;
      if (!first) return done(forbidden(host, found), '', 0);
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };

  /** A name may turn out to be at an allowed address when only networks are listed. */
  #mayBecome(host: string): boolean {
    return this.#isOpen || this.#isNamed(host) || this.#names.length === 0;
  }

  #isNamed(host: string): boolean {
    const name = host.toLowerCase();
    return this.#names.some((entry) => (entry.startsWith('*.') ? name.endsWith(entry.slice(1)) : name === entry));
  }
}

/** Entries that are neither a host name nor a network. */
export function problemsOfEntries(entries: readonly string[]): string[] {
  return entries.filter((entry) => {
    const text = entry.trim().toLowerCase();
    return text !== '' && !isNetwork(text) && !NAME.test(text);
  });
}

/** To whoever connects it is a name that is not there: nothing was sent. */
function forbidden(host: string, found: readonly LookupAddress[]): NodeJS.ErrnoException {
  const addresses = found.map(({ address }) => address).join(', ');
  return Object.assign(new Error(`${host} is at ${addresses}, where no target may be`), { code: 'ENOTFOUND' });
}
