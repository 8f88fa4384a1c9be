const HEAD_END = Buffer.from('\r\n\r\n');
const SWITCHED = /^HTTP\/1\.1 101 /;
/** Of a frame whose length takes eight bytes and that is masked. */
const LONGEST_HEADER = 14;

/**
 * Follows what is sent to the client of an upgrade: the head of the answer, then frame after frame (RFC 6455 §5.2). It
 * only counts, so that a frame of ours can be put between two of theirs. What is no WebSocket has no such place.
 */
export class WebSocketFrames {
  #phase: 'head' | 'frames' | 'other' = 'head';
  #header: Buffer = Buffer.alloc(0);
  #missing = 0;

  /** True when the next byte would begin a frame. */
  get isBetween(): boolean {
    return this.#phase === 'frames' && this.#missing === 0 && this.#header.length === 0;
  }

  feed(chunk: Buffer): void {
    let rest = this.#phase === 'head' ? this.#afterHead(chunk) : chunk;
    while (this.#phase === 'frames' && rest.length > 0) rest = this.#missing > 0 ? this.#skip(rest) : this.#begin(rest);
  }

  #afterHead(chunk: Buffer): Buffer {
    const head = Buffer.concat([this.#header, chunk]);
    const end = head.indexOf(HEAD_END);
    this.#header = head;
    if (end < 0) return Buffer.alloc(0);
    this.#header = Buffer.alloc(0);
    this.#phase = SWITCHED.test(head.toString('latin1', 0, 16)) ? 'frames' : 'other';
    return head.subarray(end + HEAD_END.length);
  }

  #skip(chunk: Buffer): Buffer {
    const skipped = Math.min(this.#missing, chunk.length);
    this.#missing -= skipped;
    return chunk.subarray(skipped);
  }

  #begin(chunk: Buffer): Buffer {
    const known = this.#header.length;
    const header = Buffer.concat([this.#header, chunk.subarray(0, LONGEST_HEADER - known)]);
    const length = headerLength(header);
    if (length === undefined || header.length < length) {
      this.#header = header;
      return chunk.subarray(header.length - known);
    }
    this.#header = Buffer.alloc(0);
    this.#missing = payloadLength(header);
    return chunk.subarray(length - known);
  }
}

function headerLength(header: Buffer): number | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const short = second & 127;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 128 ? 4 : 0);
}

function payloadLength(header: Buffer): number {
  const short = (header[1] ?? 0) & 127;
  if (short === 126) return header.readUInt16BE(2);
  return short === 127 ? Number(header.readBigUInt64BE(2)) : short;
}
