import type { Head } from './answer-head.ts';
import { ChunkedDecoder } from './chunked.ts';
import { HeaderLines, trimmed, UNSAFE } from '../hygiene/header-lines.ts';
import { namesInConnection, ruleForResponse, withoutHeaders } from '../hygiene/header-rules.ts';

/** Where a parsed answer goes. `head` may throw when it cannot be passed on. */
export interface AnswerSink {
  head(head: Head): void;
  /** An answer of 1xx in front of the real one. */
  interim(status: number, headers: readonly string[]): void;
  data(chunk: Buffer): void;
  /** The fields behind a chunked body, flat; only when there are any. */
  trailers(raw: readonly string[]): void;
  complete(): void;
}

type State = 'head' | 'length' | 'chunked' | 'until-close' | 'done';

interface Framing extends Head {
  readonly isChunked: boolean;
  readonly keepsAlive: boolean;
}

const CR = 13;
const STATUS = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r$/;

/**
 * Reads one answer from a connection (RFC 9112), for the common case: strict, and without an opinion on anything but
 * framing. An answer whose length two readers could see differently is malformed.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  readonly #maxHeadBytes: number;
  #state: State = 'done';
  #pending: Buffer | undefined;
  #left = 0;
  #isHead = false;
  #keepsAlive = false;
  #decoder: ChunkedDecoder | undefined;

  constructor(sink: AnswerSink, maxHeadBytes: number) {
    this.#sink = sink;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** True when the connection may carry another request. */
  get isReusable(): boolean {
    return this.#state === 'done' && this.#keepsAlive;
  }

  /** Expects the answer to a request. */
  expect(method: string): void {
    this.#state = 'head';
    this.#isHead = method === 'HEAD';
    this.#pending = undefined;
  }

  /** False when the answer is malformed. Bytes after the end of the answer make the connection unusable. */
  feed(chunk: Buffer): boolean {
    switch (this.#state) {
      case 'head':
        return this.#feedHead(chunk);
      case 'length':
        return this.#feedLength(chunk);
      case 'chunked':
        return this.#feedChunked(chunk);
      case 'until-close':
        this.#sink.data(chunk);
        return true;
      case 'done':
        this.#keepsAlive = false;
        return true;
    }
  }

  /** The connection has ended. True when that was the end of the answer. */
  end(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#finish(false);
    return true;
  }

  #feedHead(chunk: Buffer): boolean {
    const all = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    const end = all.indexOf('\r\n\r\n');
    if (end < 0 || end > this.#maxHeadBytes) {
      this.#pending = all === chunk ? Buffer.from(chunk) : all; // The chunk is only good during the call.
      return all.length <= this.#maxHeadBytes;
    }
    this.#pending = undefined;
    const head = parseHead(all.toString('latin1', 0, end + 2));
    if (head === undefined || head.status === 101) return false;
    const rest = all.length === end + 4 ? undefined : all.subarray(end + 4);
    if (head.status < 200) {
      this.#sink.interim(head.status, head.headers.list);
      return rest === undefined || this.#feedHead(rest);
    }
    this.#sink.head(head);
    this.#enter(head);
    return rest === undefined || this.feed(rest);
  }

  #enter(head: Framing): void {
    this.#keepsAlive = head.keepsAlive;
    const isBodiless = this.#isHead || head.status === 204 || head.status === 304;
    if (isBodiless || (head.length === 0 && !head.isChunked)) this.#finish(head.keepsAlive);
    else if (head.isChunked) {
      this.#state = 'chunked';
      this.#decoder = new ChunkedDecoder();
    } else if (head.length > 0) {
      this.#state = 'length';
      this.#left = head.length;
    } else this.#state = 'until-close';
  }

  #feedLength(chunk: Buffer): boolean {
    if (chunk.length < this.#left) {
      this.#left -= chunk.length;
      this.#sink.data(chunk);
      return true;
    }
    const isExact = chunk.length === this.#left;
    this.#sink.data(isExact ? chunk : chunk.subarray(0, this.#left));
    this.#finish(isExact && this.#keepsAlive);
    return true;
  }

  #feedChunked(chunk: Buffer): boolean {
    const used = this.#decoder?.feed(chunk, this.#sink);
    if (used === undefined) return false;
    if (used < 0) return true;
    if (this.#decoder?.trailers) this.#sink.trailers(this.#decoder.trailers);
    this.#finish(used === chunk.length && this.#keepsAlive);
    return true;
  }

  #finish(keepsAlive: boolean): void {
    this.#state = 'done';
    this.#keepsAlive = keepsAlive;
    this.#decoder = undefined;
    this.#sink.complete();
  }
}

/**
 * One pass over the head: framing is read, hop-by-hop headers are left out, the rest keeps order and spelling. Lines that
 * pass side by side stay one piece of text. `text` ends with the end of its last line.
 */
function parseHead(text: string): Framing | undefined {
  const first = text.indexOf('\n');
  const line = STATUS.exec(text.slice(0, first));
  if (!line || UNSAFE.test(text)) return undefined;
  let kept = '';
  let keptFrom = first + 1;
  let length = -1;
  let encoding: string | undefined;
  let connection = '';
  let isEventStream = false;
  let hasDate = false;
  let hasReferences = false;
  let hasEntityTag = false;
  let trailer: string | undefined;
  for (let start = first + 1, stop = 0; start < text.length; start = stop + 1) {
    stop = text.indexOf('\n', start);
    const colon = text.indexOf(':', start);
    if (text.charCodeAt(stop - 1) !== CR || colon < 0 || colon > stop) return undefined;
    switch (ruleForResponse(text.slice(start, colon))) {
      case 'keep':
        continue;
      case 'date':
        hasDate = true;
        continue;
      case 'reference':
        hasReferences = true;
        continue;
      case 'entity-tag':
        hasEntityTag = true;
        continue;
      case 'type':
        isEventStream = trimmed(text, colon + 1, stop - 1).startsWith('text/event-stream');
        continue;
      case 'length': {
        const value = trimmed(text, colon + 1, stop - 1);
        if (!/^\d{1,15}$/.test(value) || (length >= 0 && length !== Number(value))) return undefined;
        if (length < 0) {
          length = Number(value);
          continue;
        }
        break;
      }
      case 'encoding':
        if (encoding !== undefined) return undefined;
        encoding = trimmed(text, colon + 1, stop - 1).toLowerCase();
        break;
      case 'connection': {
        const value = trimmed(text, colon + 1, stop - 1);
        connection = connection === '' ? value : `${connection},${value}`;
        break;
      }
      case 'trailer': {
        const value = trimmed(text, colon + 1, stop - 1);
        trailer = trailer === undefined ? value : `${trailer}, ${value}`;
        break;
      }
      case 'drop':
        break;
      case 'malformed':
        return undefined;
    }
    // This line does not pass: what stands in front of it is a piece of its own.
    kept += text.slice(keptFrom, start);
    keptFrom = stop + 1;
  }
  if (encoding !== undefined && (encoding !== 'chunked' || length >= 0 || line[1] === '0')) return undefined;
  let headers = HeaderLines.ofText(kept + text.slice(keptFrom));
  let keepsAlive = line[1] === '1';
  if (connection !== '' && connection !== 'keep-alive') {
    const listed = namesInConnection(connection);
    keepsAlive &&= !listed.includes('close');
    headers = HeaderLines.ofList(withoutHeaders(headers.list, listed));
  }
  const isChunked = encoding !== undefined;
  if (!isChunked) trailer = undefined;
  const status = Number(line[2]);
  const message = line[3] ?? '';
  const seen = { isEventStream, hasDate, hasReferences, hasEntityTag };
  return { status, message, headers, length, ...seen, trailer, isChunked, keepsAlive };
}
