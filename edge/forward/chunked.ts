/** What a decoder found: data to pass on as it is decoded, the end, or a reason to give up. */
export interface ChunkSink {
  data(chunk: Buffer): void;
}

type State = 'size' | 'data' | 'after-data' | 'trailer';

const MAX_LINE = 4096;
const MAX_TRAILER = 16_384;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;
const SIZE = /^[0-9a-f]{1,12}(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i;

/**
 * Decodes a chunked body (RFC 9112 §7.1), strictly: what another reader could take for something else is malformed.
 * Chunk extensions are read and dropped.
 */
export class ChunkedDecoder {
  #state: State = 'size';
  #line = '';
  #left = 0;
  #trailerBytes = 0;
  /** The fields behind the last chunk, flat; undefined without any. */
  trailers: string[] | undefined;

  /** Returns how many bytes belonged to the body when it is complete, -1 while it is not, undefined when malformed. */
  feed(chunk: Buffer, sink: ChunkSink): number | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'data') {
        const end = Math.min(chunk.length, at + this.#left);
        sink.data(chunk.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'after-data';
        continue;
      }
      const next = this.#takeLine(chunk, at);
      if (next === undefined) return undefined;
      if (next === -1) return -1;
      at = next;
      const line = this.#line;
      this.#line = '';
      if (this.#state === 'trailer' && line === '') return at;
      if (!this.#step(line)) return undefined;
    }
    return -1;
  }

  /** Collects up to CRLF; -1 while the line is not complete. A line feed alone ends nothing. */
  #takeLine(chunk: Buffer, at: number): number | undefined {
    const feed = chunk.indexOf(10, at);
    this.#line += chunk.toString('latin1', at, feed < 0 ? chunk.length : feed);
    if (this.#line.length > MAX_LINE) return undefined;
    if (feed < 0) return -1;
    if (!this.#line.endsWith('\r')) return undefined;
    this.#line = this.#line.slice(0, -1);
    return feed + 1;
  }

  #step(line: string): boolean {
    switch (this.#state) {
      case 'size':
        if (!SIZE.test(line)) return false;
        this.#left = Number.parseInt(line, 16);
        this.#state = this.#left === 0 ? 'trailer' : 'data';
        return true;
      case 'after-data':
        this.#state = 'size';
        return line === '';
      default:
        return this.#takeTrailer(line);
    }
  }

  #takeTrailer(line: string): boolean {
    this.#trailerBytes += line.length;
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined || this.#trailerBytes > MAX_TRAILER) return false;
    (this.trailers ??= []).push(name, value.trimEnd());
    return true;
  }
}
