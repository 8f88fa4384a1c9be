import type { ApiKeyOptions } from './api-key-way.ts';
import type { SubjectRule } from './callers.ts';
import type { IntrospectionOptions } from './introspection.ts';
import type { JwtOptions } from './jwt-way.ts';
import type { VisitorOptions } from './visitor-cookie.ts';

interface SessionCookie {
  readonly way: 'session';
  readonly cookie: string;
  /** Asks the monolith who it is, and so honours a logout. */
  readonly introspection?: IntrospectionOptions | undefined;
}

/** `<userId>.<sessionId>.<expires>.<signature>`, verified with the secret legacy signs it with. */
export interface SignedSessionCookie extends SessionCookie {
  readonly format: 'signed-user-id';
  readonly secret: string;
}

/** A value that means nothing to the edge. */
export interface OpaqueSessionCookie extends SessionCookie {
  readonly format: 'opaque';
}

export type WayOptions =
  | SignedSessionCookie
  | OpaqueSessionCookie
  | ({ readonly way: 'jwt' } & JwtOptions)
  | ({ readonly way: 'api-key' } & ApiKeyOptions);

/** How the edge tells who a request belongs to. */
export interface SubjectOptions {
  /** Asked in this order; the first that can verify something says who it is. */
  readonly ways: readonly WayOptions[];
  /** Whose side counts where a tenant is known; the user's unless said otherwise. */
  readonly by?: SubjectRule | undefined;
  /** Recognises people who are not logged in by a cookie of ours; needs the key that the edges share. */
  readonly visitor?: VisitorOptions | undefined;
  /** How long a request may wait to learn who it belongs to. Later it belongs to nobody. */
  readonly waitMs?: number | undefined;
}

export const DEFAULT_WAIT_MS = 500;

/** What is wrong with the options, in words. */
export function problemsOfSubject({ ways, visitor }: SubjectOptions, edgeKey: string | undefined): string[] {
  return [...ways.flatMap(problemsOfWay), ...(visitor ? problemsOfVisitor(ways, edgeKey) : [])];
}

function problemsOfVisitor(ways: readonly WayOptions[], edgeKey: string | undefined): string[] {
  const bare = ways.filter((way) => way.way === 'session' && way.format === 'opaque' && !way.introspection);
  return [
    ...(edgeKey ? [] : ['the edge key is empty, which seals the cookie of visitors']),
    ...(bare.length > 0
      ? ['visitors have a cookie of their own: a session nobody is asked about says nothing more']
      : []),
  ];
}

function problemsOfWay(way: WayOptions): string[] {
  if (way.way === 'session' && way.format === 'signed-user-id' && way.secret === '')
    return [`the secret of the session cookie ${way.cookie} is empty`];
  if (way.way === 'jwt' && way.algorithms.length === 0) return [`the tokens of ${way.issuer} have no algorithm`];
  return [];
}
