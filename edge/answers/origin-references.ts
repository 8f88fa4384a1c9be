/** `scheme://authority` in front of everything else; the scheme may be missing. */
const AUTHORITY = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#\\]*)/i;

/** The addresses a target calls itself by, which its clients must not see. */
export class OriginReferences {
  readonly #origins: ReadonlySet<string>;
  readonly #schemes: ReadonlySet<string>;

  /** Origins are compared as URLs are: a default port is none, case does not matter. */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => new URL(origin).origin));
    this.#schemes = new Set([...this.#origins].map((origin) => new URL(origin).protocol));
  }

  /** The reference with the client's own address in place of the target's; undefined when it does not name the target. */
  moved(reference: string, publicOrigin: string): string | undefined {
    const [prefix, scheme, authority] = AUTHORITY.exec(reference) ?? [];
    if (prefix === undefined || authority === undefined) return undefined;
    const schemes = scheme === undefined ? this.#schemes : [`${scheme.toLowerCase()}:`];
    for (const each of schemes)
      if (this.#names(`${each}//${authority}`)) return publicOrigin + reference.slice(prefix.length);
    return undefined;
  }

  /** Whether a host name, without scheme and port, is one of the target's. */
  hasHost(host: string): boolean {
    return [...this.#origins].some((origin) => new URL(origin).hostname === host.toLowerCase());
  }

  #names(url: string): boolean {
    return URL.canParse(url) && this.#origins.has(new URL(url).origin);
  }
}
