import type { ClientRequest } from '../client.ts';
import { readHeaders, type HeaderList } from './header-list.ts';
import { problems, type EdgeProblem } from '../problem.ts';

/** A request that can be read in one way only, with nothing in it that a client may not say. */
export interface CleanRequest {
  /** Origin form, the client's own bytes. */
  readonly target: string;
  /** What is matched: no query, no fragment, unreserved characters decoded. */
  readonly path: string;
  /** A second reading of the path that some applications would make; it must choose the same route. */
  readonly otherPath: string | undefined;
  /** Names and values, flat, in the client's order; ours at the end. */
  readonly headers: string[];
  readonly cookie: string | undefined;
  /** Bytes of the body: 0 for none, -1 when it comes in chunks. */
  readonly bodyBytes: number;
  readonly expectsContinue: boolean;
  readonly wantsExplanation: boolean;
}

export type Hygiene = CleanRequest | { readonly problem: EdgeProblem };

const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);
const SUSPICIOUS = /[%\\#]|\/\/|\/\.\.?(?:\/|$)/;
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/**
 * First step of the journey. Rejects what two readers would read differently, and rewrites the header list: hop-by-hop
 * names go (also those a Connection header adds), everything that speaks of identity or of earlier hops goes, our own
 * forwarding headers come.
 */
export function cleanse(request: ClientRequest): Hygiene {
  if (REFUSED_METHODS.has(request.method ?? '')) return { problem: problems.method };
  const list = readHeaders(request.rawHeaders);
  const { host, headers } = list;
  if (host === undefined || list.fault === 'host') return { problem: problems.badHost };
  if (list.fault === 'repeated') return { problem: problems.repeatedHeader };
  const target = originForm(request.url ?? '', host);
  if (target === undefined) return { problem: problems.badTarget };
  const from = request.socket.remoteAddress ?? '';
  headers.push('X-Forwarded-For', from, 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', host);
  const end = endOfPath(target);
  const rawPath = end < 0 ? target : target.slice(0, end);
  if (!SUSPICIOUS.test(rawPath)) return cleanRequest(list, target, rawPath, undefined);
  const path = decodeUnreserved(rawPath);
  if (path.includes('\\') || DOT_SEGMENT.test(path) || path.includes('%00')) return { problem: problems.ambiguousPath };
  return cleanRequest(list, target, path, loosest(path));
}

function cleanRequest(list: HeaderList, target: string, path: string, otherPath: string | undefined): CleanRequest {
  const { headers, cookie, bodyBytes, expectsContinue, wantsExplanation } = list;
  return { target, path, otherPath, headers, cookie, bodyBytes, expectsContinue, wantsExplanation };
}

/** Origin form of the target; of an absolute form only when its authority is the Host. */
function originForm(url: string, host: string): string | undefined {
  if (url.charCodeAt(0) === 47) return url;
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (!absolute || absolute[1]?.toLowerCase() !== host.toLowerCase()) return undefined;
  const rest = absolute[2] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function endOfPath(target: string): number {
  const query = target.indexOf('?');
  const fragment = target.indexOf('#');
  if (fragment < 0) return query;
  return query < 0 ? fragment : Math.min(query, fragment);
}

/** `%74` is `t` for everybody (RFC 3986 §6.2.2.2); reserved characters stay as they were written. */
function decodeUnreserved(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[a-z0-9._~-]/i.test(character) ? character : escape.toUpperCase();
  });
}

/** How an application that decodes before it splits, and merges slashes, would read the path. */
function loosest(path: string): string | undefined {
  const other = path.replaceAll(/%2F|%5C/gi, '/').replaceAll(/\/{2,}/g, '/');
  return other === path ? undefined : other;
}
