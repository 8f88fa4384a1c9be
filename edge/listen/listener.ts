import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EdgeLimits } from '../options.ts';
import { problemBytes, problems, type EdgeProblem } from '../problem.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The public listener: Node's strict parser, bounded in size and time, with an answer for what never became a request. */
export function createListener(
  handler: Handler,
  upgrade: UpgradeHandler,
  limits: EdgeLimits,
  rejected: (code: string) => void,
): Server {
  const server = createServer(
    {
      insecureHTTPParser: false,
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.totalMs,
      keepAliveTimeout: limits.idleConnectionMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      noDelay: true,
      // Any other upgrade (h2c for one) is an ordinary request from which the wish is stripped.
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
    },
    handler,
  );
  // No limit by count: Node would drop the headers above it in silence. Their size is limited.
  server.maxHeadersCount = 0;
  server.on('checkContinue', handler);
  server.on('upgrade', upgrade);
  server.on('connect', (_request, socket: Duplex) => refuse(socket, problems.method, rejected));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, problemOf(error), rejected));
  return server;
}

function refuse(socket: Duplex, problem: EdgeProblem, rejected: (code: string) => void): void {
  rejected(problem.code);
  if (socket.writable) socket.end(problemBytes(problem), () => socket.destroy());
  else socket.destroy();
}

function problemOf(error: NodeJS.ErrnoException): EdgeProblem {
  if (error.code === 'HPE_HEADER_OVERFLOW') return problems.tooLarge;
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? problems.timeout : problems.malformed;
}

/** Stops listening, lets requests end, and cuts what is left after the budget. */
export async function drain(server: Server, budgetMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), budgetMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
