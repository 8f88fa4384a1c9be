import type { RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { EdgeLimits } from '../options.ts';
import { problemBytes, problems, type EdgeProblem } from '../problem.ts';
import { isBehindLast } from './behind-last.ts';
import { endGently } from './end-gently.ts';
import { inTurn, type AnsweringSocket, type UpgradeHandler } from './in-turn.ts';
import { faultOf } from './parse-fault.ts';
import { PlainLane } from './plain-lane.ts';

export type Handler = (request: AnyRequest, response: ClientResponse) => void;

export interface Http1Parts {
  readonly limits: EdgeLimits;
  /** Whether requests of the common kind may be handed over without Node's own request and response. */
  readonly plain: boolean;
  readonly rejected: (problem: EdgeProblem) => void;
  readonly handler: Handler;
  readonly upgrade: UpgradeHandler;
}

/** What Node's server is made with: a strict parser, bounded in size and time. */
export function http1Options(limits: EdgeLimits): ServerOptions {
  return {
    insecureHTTPParser: false,
    requireHostHeader: false, // Hygiene wants it, and answers as it answers everything else.
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: 0, // A body may take long; how slow it may come is watched by whoever carries it.
    keepAliveTimeout: limits.idleConnectionMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
    noDelay: true,
    // Any other upgrade (h2c for one) is an ordinary request from which the wish is stripped.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  };
}

/** HTTP/1.1 on one server, with an answer for what never became a request and the lane for common requests in front. */
export class Http1Side {
  readonly server: Server | SecureServer;
  readonly #lane: PlainLane | undefined;
  readonly #answers = new Set<ServerResponse>();
  #isLeaving = false;

  constructor(server: Server | SecureServer, parts: Http1Parts) {
    const { limits, plain, rejected, handler } = parts;
    this.server = server;
    // No limit by count: Node would drop the headers above it in silence. Their size is limited.
    server.maxHeadersCount = 0;
    server.maxConnections = limits.clientConnections;
    const serve = this.#tracked(handler);
    for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
    server.on('upgrade', inTurn(parts.upgrade));
    server.on(
      'connect',
      inTurn((_request, socket) => refuse(socket, problems.method, rejected)),
    );
    server.on('clientError', (error: Error, socket: Duplex) => answerFault(error, socket, rejected));
    server.on('drop', () => rejected(problems.full));
    this.#lane = plain ? new PlainLane(server, limits, handler) : undefined;
  }

  /** From now on every answer is the last one of its connection. */
  leave(): void {
    this.#isLeaving = true;
    this.#lane?.leave();
    for (const answer of this.#answers) if (!answer.headersSent) answer.shouldKeepAlive = false;
  }

  endIdle(): void {
    this.#lane?.endIdle();
    this.server.closeIdleConnections();
  }

  cut(): void {
    this.#lane?.cut();
    this.server.closeAllConnections();
  }

  close(): void {
    this.#lane?.close();
  }

  /** Requests that go through Node's server: its answers cannot be asked for when the time to leave comes. */
  #tracked(handler: Handler): RequestListener {
    return (request, response) => {
      if (isBehindLast(request, response)) return;
      if (this.#isLeaving) response.shouldKeepAlive = false;
      this.#answers.add(response);
      response.once('close', () => this.#answers.delete(response));
      handler(request, response);
    };
  }
}

function refuse(socket: Duplex, problem: EdgeProblem, rejected: (problem: EdgeProblem) => void): void {
  rejected(problem);
  socket.write(problemBytes(problem));
  endGently(socket);
}

type FaultySocket = AnsweringSocket & { [FAULTY]?: true };

const FAULTY = Symbol('faulty');

/**
 * A connection that broke needs no answer. One whose answer has begun must not get another one inside it. Requests in front
 * of the faulty one are answered first: nobody may take this answer for theirs.
 */
function answerFault(
  error: NodeJS.ErrnoException,
  socket: FaultySocket,
  rejected: (problem: EdgeProblem) => void,
  isFirst = socket[FAULTY] === undefined,
): void {
  if (!isFirst) return;
  socket[FAULTY] = true;
  const { _httpMessage: answer } = socket;
  if (answer?.req.complete) return void answer.once('close', () => answerFault(error, socket, rejected, true));
  if (!socket.writable || error.code === 'ECONNRESET' || answer?.headersSent) return void socket.destroy();
  refuse(socket, faultOf(error), rejected);
}
