import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Side } from '../listen/drain.ts';
import { WebSocketFrames } from './web-socket-frames.ts';

/** Close, 1001: going away. */
const GOODBYE = Buffer.of(0x88, 0x02, 0x03, 0xe9);
const PING = Buffer.of(0x89, 0x00);

/** The client's ends of the upgrades under way. */
export class UpgradedSockets implements Side {
  readonly #sockets = new Set<UpgradedSocket>();
  readonly #timer: NodeJS.Timeout;
  #isLeaving = false;

  /** A client from which nothing has come for `idleMs` is pinged; one that does not answer in that time is gone. */
  constructor(idleMs: number) {
    this.#timer = setInterval(() => this.#look(), idleMs);
    this.#timer.unref();
  }

  add(socket: Duplex): void {
    const upgraded = new UpgradedSocket(socket as Socket);
    this.#sockets.add(upgraded);
    socket.once('close', () => this.#sockets.delete(upgraded));
    if (this.#isLeaving) upgraded.leave();
  }

  /** Says goodbye to all, and to those whose handshake is still under way. */
  leave(): void {
    this.#isLeaving = true;
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.leave();
  }

  /** None is idle: who was told goodbye ends by itself. */
  endIdle(): void {}

  cut(): void {
    for (const { socket } of this.#sockets) socket.destroy();
  }

  #look(): void {
    for (const socket of this.#sockets) socket.look();
  }
}

/**
 * One client of an upgrade. Its `write` is ours, so that a frame of our own gets between those of the target and nothing
 * of the target's behind our goodbye. The client's answer to it goes to the target, which ends the connection as always.
 */
class UpgradedSocket {
  readonly socket: Socket;
  readonly #frames = new WebSocketFrames();
  readonly #write: (chunk: Buffer) => boolean;
  #isLeaving = false;
  #hasLeft = false;
  #bytesRead = -1;
  #wasPinged = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#write = socket.write.bind(socket);
    socket.write = (chunk: string | Uint8Array, encoding?: unknown) => this.#pass(chunk, encoding);
  }

  leave(): void {
    this.#isLeaving = true;
    this.#sayGoodbye();
  }

  look(): void {
    const { bytesRead } = this.socket;
    const isQuiet = bytesRead === this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (isQuiet && this.#wasPinged) return void this.socket.destroy();
    this.#wasPinged = isQuiet && this.#frames.isBetween && !this.#hasLeft;
    if (this.#wasPinged) this.#write(PING);
  }

  #pass(chunk: string | Uint8Array, encoding: unknown): boolean {
    if (this.#hasLeft) return true;
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, encodingOf(encoding))
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#frames.feed(bytes);
    const isFree = this.#write(bytes);
    if (this.#isLeaving) this.#sayGoodbye();
    return isFree;
  }

  #sayGoodbye(): void {
    if (this.#hasLeft || !this.#frames.isBetween) return;
    this.#hasLeft = true;
    this.#write(GOODBYE);
  }
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}
