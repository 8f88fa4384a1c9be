import { STATUS_CODES } from 'node:http';
import type { ClientResponse } from './client.ts';
import { endGentlyBehind } from './listen/end-gently.ts';

/** An answer the edge makes itself. `code` is stable; nothing of the request is echoed. */
export interface EdgeProblem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly retryAfterS?: number;
  /** Of a 401: how to say who one is. */
  readonly challenge?: string;
}

export const problems = {
  badTarget: { status: 400, code: 'bad-target', title: 'The request target is not a path of this host.' },
  ambiguousPath: { status: 400, code: 'ambiguous-path', title: 'The path can be read in more than one way.' },
  badHost: { status: 400, code: 'bad-host', title: 'The request names no host, or more than one.' },
  repeatedHeader: { status: 400, code: 'repeated-header', title: 'A header that may appear once appears twice.' },
  malformedHttp2: { status: 400, code: 'malformed-http2', title: 'This is not well-formed HTTP/2.' },
  handshake: { status: 400, code: 'tls-handshake', title: 'No agreement on how to talk in secret.' },
  malformed: { status: 400, code: 'malformed', title: 'This is not a well-formed HTTP/1.1 request.' },
  fault: { status: 500, code: 'edge-fault', title: 'The edge itself failed this request.' },
  bodyRead: { status: 500, code: 'body-already-read', title: 'Something in front of the edge has read the body.' },
  unidentified: { status: 401, code: 'identity-required', title: 'Only who can be identified is answered here.' },
  origin: { status: 403, code: 'origin-refused', title: 'This page may not open a WebSocket here.' },
  method: { status: 405, code: 'method-not-allowed', title: 'This method is not carried.' },
  timeout: { status: 408, code: 'request-timeout', title: 'The request did not arrive in time.' },
  ended: { status: 410, code: 'legacy-ends', title: 'What answers this will be switched off.' },
  bodyTooLarge: {
    status: 413,
    code: 'body-too-large',
    title: 'The body of the request is larger than this route takes.',
  },
  expectation: { status: 417, code: 'expectation-failed', title: 'Only 100-continue can be expected here.' },
  tooMany: { status: 429, code: 'too-many-requests', title: 'Too many requests; come again later.' },
  tooLarge: { status: 431, code: 'headers-too-large', title: 'The request headers are too large.' },
  coding: { status: 501, code: 'coding-not-carried', title: 'Only the transfer coding chunked is carried.' },
  unknownMethod: { status: 501, code: 'method-unknown', title: 'This method is not known here.' },
  upgrade: { status: 501, code: 'upgrade-not-carried', title: 'This upgrade is not carried here.' },
  badGateway: { status: 502, code: 'target-failed', title: 'The application behind the edge did not answer properly.' },
  broken: {
    status: 503,
    code: 'target-unavailable',
    title: 'The application behind the edge keeps failing; it is asked again shortly.',
  },
  busy: { status: 503, code: 'target-busy', title: 'Too many requests wait for the application.', retryAfterS: 1 },
  held: { status: 503, code: 'writes-held', title: 'Writes are held for a moment; try again.', retryAfterS: 1 },
  brownout: {
    status: 503,
    code: 'legacy-brownout',
    title: 'What answers this is switched off for a while.',
    retryAfterS: 60,
  },
  full: { status: 503, code: 'connections-full', title: 'Too many connections are open here.' },
  unknown: { status: 503, code: 'unit-unknown', title: 'Nobody has said yet who answers this.', retryAfterS: 1 },
  unsure: { status: 503, code: 'identity-unknown', title: 'It cannot be told now who you are.', retryAfterS: 1 },
  stale: { status: 503, code: 'copy-behind', title: 'Your last change is not visible here yet.', retryAfterS: 1 },
  gatewayTimeout: {
    status: 504,
    code: 'target-timeout',
    title: 'The application behind the edge did not answer in time.',
  },
  loop: { status: 508, code: 'loop-detected', title: 'The request has come back to an edge it had left.' },
} as const satisfies Record<string, EdgeProblem>;

/** Of requests that may be an attempt at something else. */
const SUSPECT: ReadonlySet<number> = new Set([400, 431, 501]);

/** Methods of RFC 9110 the edge carries; those of other standards pass as well. */
export const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** The answer of a unit whose service is not asked for now: when to come again. */
export function brokenProblem(breaker: { waitMs(nowMs: number): number } | undefined): EdgeProblem {
  const waitMs = breaker?.waitMs(performance.now()) ?? 0;
  return { ...problems.broken, retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)) };
}

export function problemBody(problem: EdgeProblem): string {
  const { status, code, title } = problem;
  return `${JSON.stringify({ type: 'about:blank', status, code, title })}\n`;
}

/**
 * Answers with problem+json. A request that could be read in two ways takes its connection with it, and so does one
 * whose body was not read: nobody can say where the next request begins.
 */
export function answerProblem(response: ClientResponse, problem: EdgeProblem, extra: readonly string[] = []): void {
  if (response.headersSent || response.destroyed) return;
  if (SUSPECT.has(problem.status) || !response.req.complete) response.shouldKeepAlive = false;
  if (!response.req.complete) {
    response.req.resume();
    endGentlyBehind(response);
  }
  const body = problemBody(problem);
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...extra,
  ];
  if (problem.retryAfterS !== undefined) headers.push('Retry-After', String(problem.retryAfterS));
  if (problem.status === 405) headers.push('Allow', ALLOWED);
  if (problem.challenge !== undefined) headers.push('WWW-Authenticate', problem.challenge);
  // With its reason: one the target gave and Node refused would still be on the response.
  response.writeHead(problem.status, STATUS_CODES[problem.status] ?? '', headers);
  response.end(body);
}

/** The same answer on a bare socket, for requests that never became one. */
export function problemBytes(problem: EdgeProblem): string {
  const body = problemBody(problem);
  const retry = problem.retryAfterS === undefined ? '' : `Retry-After: ${problem.retryAfterS}\r\n`;
  const challenge = problem.challenge === undefined ? '' : `WWW-Authenticate: ${problem.challenge}\r\n`;
  return (
    `HTTP/1.1 ${problem.status} ${problem.code}\r\n${retry}${challenge}Content-Type: application/problem+json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}
