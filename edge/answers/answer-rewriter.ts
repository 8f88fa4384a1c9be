import { HeaderLines } from '../hygiene/header-lines.ts';
import { movedHeader } from './move-references.ts';
import { OriginReferences } from './origin-references.ts';
import { movedCookie, nameOfCookie, type CookieRules } from './set-cookie.ts';

/** What is known of the answers of one target. */
export interface AnswerRules {
  /** Addresses it calls itself by, beside those it is reached at: `http://legacy.internal:8080`. */
  readonly origins?: readonly string[];
  /** Domain of its cookies to the public one; empty for the host alone. */
  readonly cookieDomains?: Readonly<Record<string, string>>;
  /** Path of its cookies to the public one. */
  readonly cookiePaths?: Readonly<Record<string, string>>;
}

export interface RewriterOptions extends AnswerRules {
  readonly origins: readonly string[];
  /** `report` counts what names the target's own address; `rewrite` puts the client's in its place as well. */
  readonly references: 'report' | 'rewrite' | undefined;
  /** Cookies it may not set, because somebody else owns them. */
  readonly foreignCookies: ReadonlySet<string>;
  /** Told of each header that names the target's own address. */
  readonly referred: (header: string) => void;
  /** Told of each cookie that was left out. */
  readonly leftOut: () => void;
}

/**
 * Keeps a target's own address and other people's cookies out of its answers. Only heads are looked at: what a body says is
 * the application's business.
 */
export class AnswerRewriter {
  readonly #options: RewriterOptions;
  readonly #references: OriginReferences;
  readonly #cookies: CookieRules;

  constructor(options: RewriterOptions) {
    this.#options = options;
    this.#references = new OriginReferences(options.origins);
    const domains = Object.entries(options.cookieDomains ?? {}).map(([from, to]) => [from.toLowerCase(), to] as const);
    this.#cookies = { domains: new Map(domains), paths: new Map(Object.entries(options.cookiePaths ?? {})) };
  }

  /** `publicOrigin`: where the client thinks it is, such as `https://fleet.example:8443`. */
  rewrite(lines: HeaderLines, publicOrigin: () => string): HeaderLines {
    const headers: string[] = [];
    for (let i = 0; i < lines.list.length; i += 2) {
      const [name = '', value = ''] = [lines.list[i], lines.list[i + 1]];
      const lower = name.toLowerCase();
      if (lower !== 'set-cookie') headers.push(name, this.#header(lower, value, publicOrigin));
      else if (this.#options.foreignCookies.has(nameOfCookie(value))) this.#options.leftOut();
      else headers.push(name, this.#cookie(value));
    }
    return HeaderLines.ofList(headers);
  }

  #header(name: string, value: string, publicOrigin: () => string): string {
    if (this.#options.references === undefined || !NAMING.has(name)) return value;
    return this.#chosen(name, value, movedHeader(name, value, this.#references, publicOrigin()));
  }

  #cookie(line: string): string {
    if (this.#options.references === undefined) return line;
    return this.#chosen('set-cookie', line, movedCookie(line, this.#cookies, this.#references));
  }

  #chosen(name: string, value: string, moved: string | undefined): string {
    if (moved === undefined) return value;
    this.#options.referred(name);
    return this.#options.references === 'rewrite' ? moved : value;
  }
}

const NAMING: ReadonlySet<string> = new Set(['location', 'content-location', 'refresh', 'link']);
