import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { HeaderLines } from '../hygiene/header-lines.ts';
import type { AnswerRewriter } from '../answers/answer-rewriter.ts';
import type { Side } from '../decide/unit-state.ts';
import type { Clearance } from '../markers/mark-exchange.ts';
import type { OriginMark } from '../pin/origin-mark.ts';
import type { TimeLimits } from './deadlines.ts';

/** One address a request can be sent to. */
export interface Endpoint {
  readonly side: Side;
  /** The target it belongs to: `legacy`, or the unit whose service it is. */
  readonly name: string;
  readonly url: string;
}

/** Sees the answer go by. May not keep the client waiting and may not throw. */
export interface Tap {
  head(status: number, headers: readonly string[]): void;
  chunk(chunk: Buffer): void;
}

/** One request to carry. */
export interface ForwardJob {
  readonly request: AnyRequest;
  readonly response: ClientResponse;
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  /** Already clean. */
  readonly headers: HeaderLines;
  /** To add to the answer. */
  readonly extraHeaders: HeaderLines | undefined;
  /** Bytes of the request's body: 0 for none, -1 when it comes in chunks. */
  readonly bodyBytes: number;
  /** True when the client sends its body only after an answer 100. */
  readonly expectsContinue: boolean;
  /** True when the connection it goes over may serve no other request. */
  readonly isDoubtful: boolean;
  /** A body that turns out larger is cut off; one announced as larger never comes here. */
  readonly maxBodyBytes: number;
  readonly tap: Tap | undefined;
  /** The answer may not begin before this is clear; absent when nothing has to be waited for. */
  readonly clearance: Clearance | undefined;
  /** What becomes of the addresses and cookies in the head of the answer; undefined leaves them as they are. */
  readonly answers: AnswerRewriter | undefined;
  /** Marks what the client may go on from later; absent where only one side answers. */
  readonly origin: OriginMark | undefined;
  /** The path without its query. */
  readonly documentPath: string;
  /** Where the client thinks it is: scheme, host and port. */
  publicOrigin(): string;
  /** For the whole answer, in place of the limits of the forwarder. */
  readonly deadlineMs: number | undefined;
  /** Set when the head of the answer has come, to `performance.now()`. */
  headAt: number;
  /** Bytes of the request's body: as announced, or counted while they come. */
  requestBytes: number;
  /** Bytes of the answer's body, counted while they go. */
  answerBytes: number;
  /** How often the request was sent once more. */
  retries: number;
}

/** `too-large`: the client sent more than the job allows; nobody else is to blame. */
export type FailureKind = 'refused' | 'reset' | 'timeout' | 'busy' | 'malformed' | 'too-large';

/**
 * How a request ended. `answered`: the whole answer went to the client. `truncated`: the answer broke off and so did
 * the client's connection. `client-gone`: the client left first, the target was told. `failed`: nothing was sent to the
 * client, who still waits; `sent` says whether the target may have seen the request. `client-slow`: the same, because the
 * body came too slowly; the target was told.
 */
export type ForwardOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'truncated'; readonly status: number }
  | { readonly kind: 'client-gone' }
  | { readonly kind: 'client-slow' }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly sent: boolean };

export interface ForwardLimits extends TimeLimits {
  readonly connectMs: number;
  readonly connections: number;
  /** Requests that may wait for a connection of one target. */
  readonly queue: number;
  readonly maxAnswerHeadBytes: number;
  /** Resolves the names of targets, and refuses addresses where none may be. The system's own when absent. */
  readonly lookup?: LookupFunction;
}

/** The connections to one target. */
export interface PoolState {
  readonly target: string;
  /** Carrying a request, or being opened for one. */
  readonly busy: number;
  readonly free: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/**
 * Carries one request to one endpoint and its answer back, both as streams.
 *
 * Promises (one contract suite for all implementations): never rejects; an answer that breaks off never looks complete
 * to the client; a write is sent at most once; hop-by-hop headers do not pass; a client that leaves ends the request
 * at the target at once; no byte of an answer is given before the job's clearance.
 */
export interface Forwarder {
  /** True when it carries requests that are not Node's own as well. */
  readonly carriesWhole: boolean;
  forward(job: ForwardJob): Promise<ForwardOutcome>;
  /** Its connections at this moment; a target may have more than one pool. */
  pools(): PoolState[];
  close(): Promise<void>;
}

/** Carries a protocol upgrade and both directions after it. */
export interface UpgradeForwarder {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, endpoint: Endpoint, headers: readonly string[]): void;
}

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
