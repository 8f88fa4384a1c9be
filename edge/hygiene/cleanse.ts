import { isForeignVersion, isHttp10, type ClientRequest } from '../client.ts';
import { problems, type EdgeProblem } from '../problem.ts';
import { forwardingHeaders } from './forwarding-headers.ts';
import { HeaderLines } from './header-lines.ts';
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
  /** In the client's order; ours at the end. */
  readonly headers: HeaderLines;
  readonly cookie: string | undefined;
  /** Bytes of the body: 0 for none, -1 when it comes in chunks. */
  readonly bodyBytes: number;
  readonly expectsContinue: boolean;
  readonly wantsExplanation: boolean;
  readonly override: string | undefined;
  readonly hasConditions: boolean;
  /** True when another reader might take its body for a request: its connection to the target serves no other one. */
  readonly isDoubtful: boolean;
  /** True when it asks about the edge itself: `OPTIONS *`, or OPTIONS that may go no further. */
  readonly isForEdge: boolean;
  readonly trace: TraceContext | undefined;
}

export type Hygiene = CleanRequest | { readonly problem: EdgeProblem };

/** SOURCE is Icecast's: Node's parser takes `SOURCE / ICE/1.0` for HTTP/1.0. */
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE', 'SOURCE']);
/** Methods whose body an application may not look for. */
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
  const list = request.head ?? readHeaders(request.rawHeaders, policy.maxHeaders);
  const { host } = list;
  const fault = list.fault ?? faultOf(request, list, policy);
  if (fault || host === undefined) return { problem: fault ?? problems.badHost };
  const target = originForm(request.url ?? '', host);
  if (target === undefined) return unlessAsterisk(request, list);
  const headers = list.headers.andText(forwardingHeaders(request, host, list.edges, policy));
  const end = endOfPath(target);
  const rawPath = end < 0 ? target : target.slice(0, end);
  if (!SUSPICIOUS.test(rawPath)) return cleanRequest(request, list, headers, target, rawPath, undefined);
  const path = decodeUnreserved(rawPath);
  if (path.includes('\\') || DOT_SEGMENT.test(path) || path.includes('%00')) return { problem: problems.ambiguousPath };
  return cleanRequest(request, list, headers, target, path, loosest(path));
}

/** What is wrong with a head whose lines, each for itself, are well. */
function faultOf(request: ClientRequest, list: HeaderList, { edgeId }: HygienePolicy): EdgeProblem | undefined {
  if (isForeignVersion(request) || (list.bodyBytes < 0 && isHttp10(request))) return problems.malformed;
  return list.edges?.includes(edgeId) ? problems.loop : undefined;
}

function cleanRequest(
  request: ClientRequest,
  list: HeaderList,
  headers: HeaderLines,
  target: string,
  path: string,
  otherPath: string | undefined,
): CleanRequest {
  const { cookie, bodyBytes, wantsExplanation, override, hasConditions, trace } = list;
  const { method = '' } = request;
  const expectsContinue = list.expectsContinue && !isHttp10(request);
  const isDoubtful = list.isDoubtful || (bodyBytes !== 0 && BODILESS_METHODS.has(method));
  const hopsLeft = method === 'OPTIONS' ? hopsIn(list.hopsLeft) : undefined;
  return {
    target,
    path,
    otherPath,
    headers: hopsLeft === undefined ? headers : counted(headers, hopsLeft),
    cookie,
    bodyBytes,
    expectsContinue,
    wantsExplanation,
    override,
    hasConditions,
    isDoubtful,
    isForEdge: hopsLeft === 0,
    trace,
  };
}

/** The only target that is no path: `*`, with OPTIONS. */
function unlessAsterisk(request: ClientRequest, list: HeaderList): Hygiene {
  if (request.url !== '*' || request.method !== 'OPTIONS') return { problem: problems.badTarget };
  return { ...cleanRequest(request, list, list.headers, '*', '*', undefined), isForEdge: true };
}

/** What Max-Forwards says, when it says anything. */
function hopsIn(value: string | undefined): number | undefined {
  const left = value === undefined ? Number.NaN : Number(value);
  return Number.isInteger(left) && left >= 0 ? left : undefined;
}

/** Counts this hop in Max-Forwards. */
function counted({ list }: HeaderLines, left: number): HeaderLines {
  const isLeft = (i: number): boolean => i % 2 === 1 && list[i - 1]?.toLowerCase() === 'max-forwards';
  return HeaderLines.ofList(list.map((text, i) => (isLeft(i) ? String(left - 1) : text)));
}
