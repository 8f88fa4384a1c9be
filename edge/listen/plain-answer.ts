import type { Socket } from 'node:net';
import type { AnswerHead, ClientResponse } from '../client.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';

/** Who is told that the answer is through. */
export interface AnswerHome {
  readonly socket: Socket;
  readonly persistence: string;
  answered(answer: PlainAnswer): void;
}

// oxlint-disable-next-line no-control-regex
const UNSENDABLE = /[\x00-\x08\x0a-\x1f\x7f]/;
const COMPLETE = { complete: true, resume: () => undefined };

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
  #trailers = '';
  #closeListeners: (() => void)[] | undefined;

  constructor(home: AnswerHome, isHead: boolean) {
    this.#home = home;
    this.#isHead = isHead;
  }

  /** A whole request waits for no leave to send its body. */
  writeContinue(): void {}

  writeProcessing(): void {
    this.#writeInterim('102 Processing', []);
  }

  writeEarlyHints(hints: Record<string, string | string[]>): void {
    const lines = Object.entries(hints).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value}`),
    );
    this.#writeInterim('103 Early Hints', lines);
  }

  addTrailers(trailers: readonly [string, string][]): void {
    this.#trailers = trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  writeHead(status: number, message: string, headers: readonly string[]): void {
    const lines = HeaderLines.ofList(headers);
    const has = (name: string): boolean => headers.some((text, i) => i % 2 === 0 && text.toLowerCase() === name);
    if (headers.some((text) => UNSENDABLE.test(text)))
      throw new TypeError('the head of the answer has characters that cannot be sent');
    const length = has('content-length') ? 0 : -1;
    this.writeLines({ status, message, headers: lines, length, hasDate: has('date') });
  }

  writeLines({ status, message, headers, length, hasDate }: AnswerHead): void {
    this.#isBodiless = this.#isHead || status === 204 || status === 304;
    this.#isChunked = length < 0 && !this.#isBodiless;
    const framing = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
    const persistence = this.shouldKeepAlive ? this.#home.persistence : 'Connection: close\r\n';
    this.#head = `HTTP/1.1 ${status} ${message}\r\n${headers.text}${hasDate ? '' : dateLine()}${framing}${persistence}\r\n`;
    this.headersSent = true;
  }

  write(chunk: Buffer): boolean {
    if (this.destroyed || this.#isBodiless) return true;
    const { socket } = this.#home;
    if (chunk.length === 0) return this.#flushHead();
    socket.cork();
    if (this.#isChunked) socket.write(`${this.#takeHead()}${chunk.length.toString(16)}\r\n`, 'latin1');
    else this.#flushHead();
    socket.write(chunk);
    if (this.#isChunked) socket.write('\r\n', 'latin1');
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  end(chunk?: Buffer | string, encoding: 'latin1' | 'utf8' = 'utf8'): void {
    if (this.writableEnded || this.destroyed) return;
    if (!this.#isBodiless && chunk !== undefined) this.#writeLast(chunk, encoding);
    const tail = this.#isChunked ? `${this.#takeHead()}0\r\n${this.#trailers}\r\n` : this.#takeHead();
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

  #writeInterim(status: string, lines: readonly string[]): void {
    if (lines.some((line) => UNSENDABLE.test(line)))
      throw new TypeError('the interim answer has characters that cannot be sent');
    this.#home.socket.write(`HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  }

  #flushHead(): boolean {
    const head = this.#takeHead();
    return head === '' || this.#home.socket.write(head, 'latin1');
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}

let dated = { second: 0, line: '' };

function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dated.second) dated = { second, line: `Date: ${new Date(second * 1000).toUTCString()}\r\n` };
  return dated.line;
}
