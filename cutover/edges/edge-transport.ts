import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import type { Express } from 'express';
import type { Attendant } from './edge-hub.ts';
import { JsonPeer, type PeerHandlers } from './json-peer.ts';
import type { FromEdge, ToEdge } from './messages.ts';

const PATH = '/v1/edges/session';
const TYPE = 'application/x-ndjson';
const PATIENCE_MS = 2_000;

interface Hub {
  attend(peer: Pick<JsonPeer<FromEdge, ToEdge>, 'send' | 'close'>, host: string): Attendant;
}

/** Serves edges: one POST each, whose body and answer are both open as long as the edge is there. */
export function serveEdges(app: Express, hub: Hub): void {
  app.post(PATH, (request, response) => {
    response.type(TYPE).flushHeaders();
    const peer = new JsonPeer<FromEdge, ToEdge>(request, response, {
      message: (message) => attendant.take(message),
      closed: () => attendant.closed(),
    });
    const attendant = hub.attend(peer, request.socket.remoteAddress ?? '');
  });
}

export type ConnectEdge = (handlers: PeerHandlers<ToEdge>) => Promise<JsonPeer<ToEdge, FromEdge>>;

/** The other end. Each connection is tried at the next of the addresses: all but the leader's refuse. */
export function edgeConnector(urls: readonly string[], token: string): ConnectEdge {
  let tried = 0;
  return (handlers) => connectTo(urls[tried++ % urls.length] ?? '', token, handlers);
}

/** Rejects when control refuses or cannot be reached. */
function connectTo(url: string, token: string, handlers: PeerHandlers<ToEdge>): ReturnType<ConnectEdge> {
  const send = url.startsWith('https:') ? encrypted : plain;
  const headers = { authorization: `Bearer ${token}`, 'content-type': TYPE };
  return new Promise((resolve, reject) => {
    const outgoing = send(url.replace(/\/$/, '') + PATH, { method: 'POST', headers, agent: false });
    const patience = setTimeout(() => outgoing.destroy(new Error('no answer')), PATIENCE_MS);
    outgoing.on('error', (error) => {
      clearTimeout(patience);
      reject(new Error(`control at ${url} cannot be reached: ${error.message}`, { cause: error }));
    });
    outgoing.on('response', (incoming) => {
      clearTimeout(patience);
      if (incoming.statusCode === 200) return resolve(new JsonPeer(incoming, outgoing, handlers));
      outgoing.destroy();
      reject(new Error(`control at ${url} answers ${incoming.statusCode}`));
    });
    outgoing.flushHeaders();
  });
}
