import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { EdgeLimits } from '../options.ts';
import { problemBytes, problems, type EdgeProblem } from '../problem.ts';
import { endGently } from './end-gently.ts';
import { faultOf } from './parse-fault.ts';
import { PlainLane } from './plain-lane.ts';

type Handler = (request: AnyRequest, response: ClientResponse) => void;
type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Something clients connect to. */
export interface Listener {
  readonly server: Server;
  listen(port: number, host: string): Promise<{ port: number }>;
  /** Stops listening, lets requests end, and cuts what is left after the budget. */
  drain(budgetMs: number): Promise<void>;
}

export interface ListenerOptions {
  /** Whether requests of the common kind may be handed over without Node's own request and response. */
  readonly plain: boolean;
  readonly limits: EdgeLimits;
  readonly rejected: (problem: EdgeProblem) => void;
}

/** The public listener: strict parsers, bounded in size and time, with an answer for what never became a request. */
export function createListener(
  { plain, limits, rejected }: ListenerOptions,
  handler: Handler,
  upgrade: UpgradeHandler,
): Listener {
  const server = createHttpServer(limits, handler);
  server.on('upgrade', upgrade);
  server.on('connect', (_request, socket: Duplex) => refuse(socket, problems.method, rejected));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerFault(error, socket, rejected));
  server.on('drop', () => rejected(problems.full));
  const lane = plain ? new PlainLane(server, limits, handler) : undefined;
  return { server, listen: (port, host) => listen(server, port, host), drain: (ms) => drain(server, lane, ms) };
}

function createHttpServer(limits: EdgeLimits, handler: Handler): Server {
  const server = createServer(
    {
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
    },
    handler as RequestListener,
  );
  // No limit by count: Node would drop the headers above it in silence. Their size is limited.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.clientConnections;
  server.on('checkContinue', handler as RequestListener);
  server.on('checkExpectation', handler as RequestListener);
  return server;
}

function refuse(socket: Duplex, problem: EdgeProblem, rejected: (problem: EdgeProblem) => void): void {
  rejected(problem);
  socket.write(problemBytes(problem));
  endGently(socket);
}

/** A connection that broke needs no answer. One whose answer has begun must not get another one inside it. */
function answerFault(error: NodeJS.ErrnoException, socket: Duplex, rejected: (problem: EdgeProblem) => void): void {
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse };
  if (!socket.writable || error.code === 'ECONNRESET' || answer?.headersSent) return void socket.destroy();
  refuse(socket, faultOf(error), rejected);
}

async function listen(server: Server, port: number, host: string): Promise<{ port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port };
}

async function drain(server: Server, lane: PlainLane | undefined, budgetMs: number): Promise<void> {
  lane?.close();
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const endIdle = (): void => {
    server.closeIdleConnections();
    lane?.drain();
  };
  endIdle();
  const idle = setInterval(endIdle, 50);
  const cut = setTimeout(() => {
    server.closeAllConnections();
    lane?.cut();
  }, budgetMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
