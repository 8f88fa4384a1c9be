import type { Server } from 'node:http';
import type { Edge } from '../edge.ts';
import { edgeErrors } from '../errors.ts';
import { inTurn, type UpgradeHandler } from '../listen/in-turn.ts';
import { problemBytes, problems } from '../problem.ts';
import type { Middleware, Unmatched } from './middleware.ts';

/** An application the edge can be mounted in; Express 5 is one. */
export interface HostApplication {
  use(middleware: Middleware): unknown;
  readonly router?: { readonly stack?: readonly { readonly name?: string }[] };
}

export interface MountOptions {
  /** `next` unless said otherwise. */
  readonly unmatched?: Unmatched;
  /** The server of the application: its WebSocket handshakes follow the edge's decisions too. */
  readonly server?: Server;
}

const BODY_PARSERS = new Set(['jsonParser', 'urlencodedParser', 'rawParser', 'textParser', 'multerMiddleware']);

/**
 * Puts the edge into an application of your own, in front of everything that is mounted after it. Throws when a body
 * parser is there already: what it has read cannot be forwarded any more.
 */
export function mountEdge(edge: Edge, application: HostApplication, options: MountOptions = {}): void {
  const { unmatched = 'next', server } = options;
  refuseBodyParsers(application);
  application.use(edge.middleware(unmatched));
  server?.on('upgrade', upgradesOf(edge, unmatched, server));
}

function refuseBodyParsers({ router }: HostApplication): void {
  const parsers = (router?.stack ?? []).flatMap(({ name = '' }) => (BODY_PARSERS.has(name) ? [name] : []));
  if (parsers.length === 0) return;
  throw edgeErrors.error('EDGE_BODY_PARSER_IN_FRONT', { message: `mounted before the edge: ${parsers.join(', ')}` });
}

/** A handshake that is not the edge's belongs to whoever else listens for one; when there is nobody it is refused. */
function upgradesOf(edge: Edge, unmatched: Unmatched, server: Server): UpgradeHandler {
  return inTurn((request, socket, head) => {
    if (unmatched === 'legacy' || edge.isRouted(request)) edge.upgradeHandler(request, socket, head);
    else if (server.listenerCount('upgrade') === 1) socket.end(problemBytes(problems.upgrade));
  });
}
