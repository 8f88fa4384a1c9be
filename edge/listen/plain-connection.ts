import type { Socket } from 'node:net';
import type { ClientResponse, WholeRequest } from '../client.ts';
import { endGently } from './end-gently.ts';
import { PlainAnswer, type AnswerHome } from './plain-answer.ts';
import { readPlainHead, type HeadLimits } from './plain-head.ts';
import { PlainRequest } from './plain-request.ts';

/** What the connections of one listener have in common. */
export interface Lane {
  readonly limits: HeadLimits;
  /** Header lines that tell how long an idle connection is kept. */
  readonly persistence: string;
  readonly isDraining: boolean;
  readonly handler: (request: WholeRequest, response: ClientResponse) => void;
  /** Takes over a connection whose next bytes are not of the common kind; it does not come back. */
  handOver(connection: PlainConnection, socket: Socket, unread: Buffer): void;
  gone(connection: PlainConnection): void;
}

type LaneSocket = Socket & { [CONNECTION]?: PlainConnection };

const CONNECTION = Symbol('connection');
const MAX_UNREAD = 65_536;

/**
 * One client connection as long as its requests are of the common kind: each arrives whole, one is answered at a time.
 * Waiting and answering in turns; then handed over, or gone.
 */
export class PlainConnection implements AnswerHome {
  readonly socket: Socket;
  readonly remoteAddress: string | undefined;
  readonly encrypted: boolean;
  /** How often it was found idle in a row. */
  idleRounds = 0;
  readonly #lane: Lane;
  #answer: PlainAnswer | undefined;
  #unread: Buffer | undefined;

  constructor(socket: Socket, lane: Lane) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.encrypted = 'encrypted' in socket;
    this.#lane = lane;
    (socket as LaneSocket)[CONNECTION] = this;
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('close', onClose);
    socket.on('error', onError);
  }

  get persistence(): string {
    return this.#lane.persistence;
  }

  get isIdle(): boolean {
    return this.#answer === undefined && this.#unread === undefined;
  }

  data(chunk: Buffer): void {
    this.idleRounds = 0;
    if (this.isIdle) this.#read(chunk);
    else this.#keep(chunk);
  }

  answered(answer: PlainAnswer): void {
    this.#answer = undefined;
    if (!answer.shouldKeepAlive) this.end();
    else if (this.#unread !== undefined) queueMicrotask(() => this.#readNext());
  }

  /** The client will send nothing more: whoever waits for an answer has left. */
  ended(): void {
    if (this.#answer === undefined) this.socket.end();
    else this.socket.destroy();
  }

  closed(): void {
    const answer = this.#answer;
    this.#answer = undefined;
    this.#unread = undefined;
    this.#lane.gone(this);
    answer?.closed();
  }

  /** Makes the answer under way the last one, if that can still be said and nothing waits behind it. */
  leave(): void {
    if (this.#answer?.headersSent === false && this.#unread === undefined) this.#answer.shouldKeepAlive = false;
  }

  end(): void {
    endGently(this.socket);
  }

  #read(chunk: Buffer): void {
    const head = readPlainHead(chunk, this.#lane.limits);
    if (head === undefined || head.end + head.bodyBytes > chunk.length) return this.#handOver(chunk);
    const end = head.end + head.bodyBytes;
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    this.#answer = new PlainAnswer(this, head.method === 'HEAD');
    if (this.#lane.isDraining) this.leave();
    const body = head.bodyBytes === 0 ? undefined : chunk.subarray(head.end, end);
    this.#lane.handler(new PlainRequest(head, body, this), this.#answer);
  }

  /** Requests behind the one that is being answered: they wait, and so does the client when they are many. */
  #keep(chunk: Buffer): void {
    this.#unread = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    if (this.#unread.length > MAX_UNREAD) this.socket.pause();
  }

  #readNext(): void {
    const unread = this.#unread;
    if (unread === undefined || this.socket.destroyed) return;
    this.#unread = undefined;
    if (this.socket.isPaused()) this.socket.resume();
    this.#read(unread);
  }

  #handOver(unread: Buffer): void {
    const { socket } = this;
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', onClose);
    socket.off('error', onError);
    this.#lane.handOver(this, socket, unread);
  }
}

function onData(this: LaneSocket, chunk: Buffer): void {
  this[CONNECTION]?.data(chunk);
}

function onEnd(this: LaneSocket): void {
  this[CONNECTION]?.ended();
}

function onClose(this: LaneSocket): void {
  this[CONNECTION]?.closed();
}

function onError(this: LaneSocket): void {
  this.destroy();
}
