import type { IncomingMessage } from 'node:http';
import { namesInConnection, ruleForRequest, withoutHeaders } from './header-rules.ts';
import { problems, type EdgeProblem } from './problem.ts';

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
export function cleanse(request: IncomingMessage): Hygiene {
  if (REFUSED_METHODS.has(request.method ?? '')) return { problem: problems.method };
  const host = request.headers.host;
  if (host === undefined) return { problem: problems.badHost };
  const target = originForm(request.url ?? '', host);
  if (target === undefined) return { problem: problems.badTarget };
  const end = endOfPath(target);
  const rawPath = end < 0 ? target : target.slice(0, end);
  if (!SUSPICIOUS.test(rawPath)) return withHeaders(request, host, target, rawPath, undefined);
  const path = decodeUnreserved(rawPath);
  if (path.includes('\\') || DOT_SEGMENT.test(path) || path.includes('%00')) return { problem: problems.ambiguousPath };
  return withHeaders(request, host, target, path, loosest(path));
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

function withHeaders(
  request: IncomingMessage,
  host: string,
  target: string,
  path: string,
  otherPath: string | undefined,
): Hygiene {
  const raw = request.rawHeaders;
  let headers: string[] = [];
  let hosts = 0;
  let seenOnce = '';
  let listed: string[] | undefined;
  let wantsExplanation = false;
  let hasCookie = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    switch (ruleForRequest(name)) {
      case 'keep':
        headers.push(name, value);
        break;
      case 'once': {
        const mark = `${name.toLowerCase()},`;
        if (seenOnce.includes(mark)) return { problem: problems.repeatedHeader };
        seenOnce += mark;
        headers.push(name, value);
        break;
      }
      case 'host':
        hosts++;
        headers.push(name, value);
        break;
      case 'cookie': // Node joins several lines with "; ", as RFC 9112 asks of whoever passes them on to HTTP/1.1.
        if (!hasCookie) headers.push(name, request.headers.cookie ?? value);
        hasCookie = true;
        break;
      case 'connection':
        if (isPlainConnection(value)) break;
        listed = [...(listed ?? []), ...namesInConnection(value)];
        break;
      case 'explain':
        wantsExplanation = value === '1';
        break;
      case 'drop':
        break;
    }
  }
  if (hosts !== 1) return { problem: problems.badHost };
  if (listed) headers = withoutHeaders(headers, listed);
  headers.push(
    'X-Forwarded-For',
    request.socket.remoteAddress ?? '',
    'X-Forwarded-Proto',
    'http',
    'X-Forwarded-Host',
    host,
  );
  return { target, path, otherPath, headers, wantsExplanation };
}

function isPlainConnection(value: string): boolean {
  return value === 'keep-alive' || value === 'close' || value === 'Keep-Alive';
}
