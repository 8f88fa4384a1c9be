import type { Socket } from 'node:net';
import type { ClientResponse } from '../client.ts';
import { ILLEGAL } from './plain-head.ts';

/** Who is told that the answer is through. */
export interface AnswerHome {
  readonly socket: Socket;
  readonly persistence: string;
  answered(answer: PlainAnswer): void;
}

const COMPLETE = { complete: true, resume: () => undefined };
const MEMORY = 512;
const marks = new Map<string, 'length' | 'date' | ''>();

/** The answer to one whole request: the head waits for the first bytes of the body, so that a small answer is one write. */
export class PlainAnswer implements ClientResponse {
  shouldKeepAlive = true;
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  readonly req = COMPLETE;
  readonly #home: AnswerHome;
  readonly #isHead: boolean;
  #head = '';
  #isChunked = false;
  #isBodiless = false;
  #closeListeners: (() => void)[] | undefined;

  constructor(home: AnswerHome, isHead: boolean) {
    this.#home = home;
    this.#isHead = isHead;
  }

  /** A whole request waits for no leave to send its body. */
  writeContinue(): void {}

  writeHead(status: number, message: string, headers: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${message}\r\n`;
    let isFramed = false;
    let isDated = false;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? '';
      const mark = markOf(name);
      if (mark === 'length') isFramed = true;
      else if (mark === 'date') isDated = true;
      head += `${name}: ${headers[i + 1]}\r\n`;
    }
    if (ILLEGAL.test(head)) throw new TypeError('the head of the answer has characters that cannot be sent');
    this.#isBodiless = this.#isHead || status === 204 || status === 304;
    this.#isChunked = !isFramed && !this.#isBodiless;
    if (!isDated) head += dateLine();
    if (this.#isChunked) head += 'Transfer-Encoding: chunked\r\n';
    this.#head = `${head}${this.shouldKeepAlive ? this.#home.persistence : 'Connection: close\r\n'}\r\n`;
    this.headersSent = true;
  }

  flushHeaders(): void {
    if (this.#head === '' || this.destroyed) return;
    this.#home.socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  write(chunk: Buffer): boolean {
    if (this.destroyed || this.#isBodiless || chunk.length === 0) return true;
    const { socket } = this.#home;
    socket.cork();
    if (this.#isChunked) socket.write(`${this.#takeHead()}${chunk.length.toString(16)}\r\n`, 'latin1');
    else this.flushHeaders();
    socket.write(chunk);
    if (this.#isChunked) socket.write('\r\n', 'latin1');
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  end(chunk?: Buffer | string, encoding: 'latin1' | 'utf8' = 'utf8'): void {
    if (this.writableEnded || this.destroyed) return;
    if (!this.#isBodiless && chunk !== undefined) this.#writeLast(chunk, encoding);
    const tail = this.#isChunked ? `${this.#takeHead()}0\r\n\r\n` : this.#takeHead();
    if (tail !== '') this.#home.socket.write(tail, 'latin1');
    this.writableEnded = true;
    this.#home.answered(this);
  }

  destroy(): void {
    this.#home.socket.destroy();
  }

  on(_event: 'close', listener: () => void): void {
    (this.#closeListeners ??= []).push(listener);
  }

  once(event: 'close' | 'drain', listener: () => void): void {
    if (event === 'drain') this.#home.socket.once('drain', listener);
    else this.on(event, listener);
  }

  /** The client's connection has gone in front of the end of the answer. */
  closed(): void {
    this.destroyed = true;
    for (const listener of this.#closeListeners ?? []) listener.call(this);
  }

  #writeLast(chunk: Buffer | string, encoding: 'latin1' | 'utf8'): void {
    if (typeof chunk === 'string' && encoding === 'latin1' && !this.#isChunked)
      this.#home.socket.write(this.#takeHead() + chunk, 'latin1');
    else this.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}

/** Remembered by spelling: names are lower-cased once and not on every answer. */
function markOf(name: string): 'length' | 'date' | '' {
  const known = marks.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const mark = lower === 'content-length' ? 'length' : lower === 'date' ? 'date' : '';
  if (marks.size < MEMORY) marks.set(name, mark);
  return mark;
}

let dated = { second: 0, line: '' };

function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dated.second) dated = { second, line: `Date: ${new Date(second * 1000).toUTCString()}\r\n` };
  return dated.line;
}
