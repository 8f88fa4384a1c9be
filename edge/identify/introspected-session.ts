import type { Callers } from './callers.ts';
import { cookieValue } from './cookie.ts';
import { LATE, type Credentials, type IdentityWay, type Verdict } from './identity-way.ts';
import type { Finding, Introspection } from './introspection.ts';
import { digestOf } from './opaque-session.ts';

export interface IntrospectedSessionOptions {
  readonly cookie: string;
  readonly introspection: Introspection;
  readonly callers: Callers;
  /** What can be told of a value without asking: false for one that cannot be genuine. */
  readonly mayBeGenuine: (value: string) => boolean;
}

/** A session cookie whose user the monolith names, and takes back when they log out. */
export class IntrospectedSession implements IdentityWay {
  readonly #options: IntrospectedSessionOptions;

  constructor(options: IntrospectedSessionOptions) {
    this.#options = options;
  }

  identify(from: Credentials): Verdict | Promise<Verdict> {
    const value = this.#valueIn(from);
    if (value === undefined || !this.#options.mayBeGenuine(value)) return undefined;
    const found = this.#options.introspection.find(digestOf(value), value);
    return found instanceof Promise ? found.then((finding) => this.#callerOf(finding)) : this.#callerOf(found);
  }

  forget(from: Credentials): void {
    const value = this.#valueIn(from);
    if (value !== undefined) this.#options.introspection.forget(digestOf(value));
  }

  stop(): Promise<void> {
    return this.#options.introspection.stop();
  }

  #valueIn({ cookie }: Credentials): string | undefined {
    return cookie === undefined ? undefined : cookieValue(cookie, this.#options.cookie) || undefined;
  }

  #callerOf(finding: Finding): Verdict {
    return finding === LATE || finding === undefined ? finding : this.#options.callers.identified(finding);
  }
}
