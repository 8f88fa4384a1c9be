import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ClientResponse, WholeRequest } from '../client.ts';
import type { HeadLimits } from './plain-head.ts';
import { PlainConnection, type Lane } from './plain-connection.ts';

export interface LaneLimits extends HeadLimits {
  readonly idleConnectionMs: number;
}

const ROUND_MS = 1000;

/**
 * Stands in front of Node's HTTP server and serves connections as long as their requests are of the common kind; at the
 * first that is not, the connection goes to Node's server with every byte that was not answered, and stays there
 * (docs/adr/0011). Whatever is malformed, slow, large, chunked or asks for another protocol is therefore judged by one
 * parser only.
 */
export class PlainLane implements Lane {
  readonly limits: HeadLimits;
  readonly persistence: string;
  readonly handler: Lane['handler'];
  isDraining = false;
  readonly #connections = new Set<PlainConnection>();
  readonly #byNode: (socket: Socket) => void;
  readonly #idleRounds: number;
  readonly #timer: NodeJS.Timeout;

  constructor(
    server: Server | SecureServer,
    limits: LaneLimits,
    handler: (request: WholeRequest, response: ClientResponse) => void,
  ) {
    this.handler = handler;
    this.limits = limits;
    this.persistence = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(limits.idleConnectionMs / 1000)}\r\n`;
    this.#idleRounds = Math.max(1, Math.ceil(limits.idleConnectionMs / ROUND_MS));
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    const [byNode] = server.listeners(event) as ((socket: Socket) => void)[];
    if (byNode === undefined) throw new TypeError('the server takes no connections');
    this.#byNode = byNode.bind(server);
    server.removeAllListeners(event);
    server.on(event, (socket: Socket) => this.#connections.add(new PlainConnection(socket, this)));
    this.#timer = setInterval(() => this.#endLongIdle(), ROUND_MS);
    this.#timer.unref();
  }

  handOver(connection: PlainConnection, socket: Socket, unread: Buffer): void {
    this.#connections.delete(connection);
    socket.pause();
    socket.unshift(unread);
    this.#byNode(socket);
    socket.resume();
  }

  gone(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }

  /** From now on every answer is the last one of its connection. */
  leave(): void {
    this.isDraining = true;
    for (const connection of this.#connections) connection.leave();
  }

  endIdle(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.end();
  }

  cut(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #endLongIdle(): void {
    for (const connection of this.#connections) {
      if (connection.isIdle && ++connection.idleRounds > this.#idleRounds) connection.end();
    }
  }
}
