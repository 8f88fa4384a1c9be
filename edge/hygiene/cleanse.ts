import type { ClientRequest } from '../client.ts';
import { problems, type EdgeProblem } from '../problem.ts';
import { forwardingHeaders } from './forwarding-headers.ts';
import { readHeaders, type HeaderList } from './header-list.ts';
import type { HygienePolicy } from './policy.ts';
import type { TraceContext } from './trace-context.ts';
import { decodeUnreserved, endOfPath, loosest, originForm } from './request-path.ts';

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
  /** True when another reader might take its body for a request: its connection to the target serves no other one. */
  readonly isDoubtful: boolean;
  /** True when it asks about the edge itself: `OPTIONS *`, or OPTIONS that may go no further. */
  readonly isForEdge: boolean;
  readonly trace: TraceContext | undefined;
}

export type Hygiene = CleanRequest | { readonly problem: EdgeProblem };

const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);
/** Methods whose body, when it comes in chunks, an application may not look for. */
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);
const SUSPICIOUS = /[%\\#]|\/\/|\/\.\.?(?:\/|$)/;
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/**
 * First step of the journey. Rejects what two readers would read differently, and rewrites the header list: hop-by-hop
 * names go (also those a Connection header adds), everything that speaks of identity or of earlier hops goes, our own
 * forwarding headers come.
 */
export function cleanse(request: ClientRequest, policy: HygienePolicy): Hygiene {
  if (REFUSED_METHODS.has(request.method ?? '')) return { problem: problems.method };
  if (request.rawHeaders.length > 2 * policy.maxHeaders) return { problem: problems.tooLarge };
  const list = readHeaders(request.rawHeaders);
  const { host, headers } = list;
  const fault = list.fault ?? faultOf(request, list, policy);
  if (fault || host === undefined) return { problem: fault ?? problems.badHost };
  const target = originForm(request.url ?? '', host);
  if (target === undefined) return unlessAsterisk(request, list);
  forwardingHeaders(request, host, list.edges, policy, headers);
  const end = endOfPath(target);
  const rawPath = end < 0 ? target : target.slice(0, end);
  if (!SUSPICIOUS.test(rawPath)) return cleanRequest(request, list, target, rawPath, undefined);
  const path = decodeUnreserved(rawPath);
  if (path.includes('\\') || DOT_SEGMENT.test(path) || path.includes('%00')) return { problem: problems.ambiguousPath };
  return cleanRequest(request, list, target, path, loosest(path));
}

/** What is wrong with a head whose lines, each for itself, are well. */
function faultOf(request: ClientRequest, list: HeaderList, { edgeId }: HygienePolicy): EdgeProblem | undefined {
  if (list.bodyBytes < 0 && isHttp10(request)) return problems.malformed;
  return list.edges?.includes(edgeId) ? problems.loop : undefined;
}

function isHttp10({ httpVersionMajor, httpVersionMinor }: ClientRequest): boolean {
  return httpVersionMajor === 1 && httpVersionMinor === 0;
}

function cleanRequest(
  request: ClientRequest,
  list: HeaderList,
  target: string,
  path: string,
  otherPath: string | undefined,
): CleanRequest {
  const { headers, cookie, bodyBytes, wantsExplanation, trace } = list;
  const { method = '' } = request;
  const expectsContinue = list.expectsContinue && !isHttp10(request);
  const isDoubtful = list.isDoubtful || (bodyBytes < 0 && BODILESS_METHODS.has(method));
  const isForEdge = list.hopsLeft !== undefined && method === 'OPTIONS' && endsHere(list.hopsLeft, headers);
  return {
    target,
    path,
    otherPath,
    headers,
    cookie,
    bodyBytes,
    expectsContinue,
    wantsExplanation,
    isDoubtful,
    isForEdge,
    trace,
  };
}

/** The only target that is no path: `*`, with OPTIONS. */
function unlessAsterisk(request: ClientRequest, list: HeaderList): Hygiene {
  if (request.url !== '*' || request.method !== 'OPTIONS') return { problem: problems.badTarget };
  return { ...cleanRequest(request, list, '*', '*', undefined), isForEdge: true };
}

/** Counts the hop in Max-Forwards; true when it was the last. */
function endsHere(hopsLeft: string, headers: string[]): boolean {
  const left = Number(hopsLeft);
  if (!Number.isInteger(left) || left < 0) return false;
  headers[headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'max-forwards') + 1] = String(left - 1);
  return left === 0;
}
