import { fieldOf, type Field } from './message.ts';

/** How a body ends: after so many bytes, with its last chunk, with the connection. */
export type Framing = number | 'chunked' | 'open-until-close' | 'closed';

export interface Body {
  readonly body: Buffer;
  readonly trailers: readonly Field[];
  readonly isComplete: boolean;
  /** Where the next message starts. */
  readonly end: number;
}

/** Reads a body from `from` on, as far as it is there. */
export function readBody(bytes: Buffer, from: number, framing: Framing): Body {
  if (framing === 'chunked') return readChunks(bytes, from);
  const end = typeof framing === 'number' ? Math.min(bytes.length, from + framing) : bytes.length;
  const isComplete = typeof framing === 'number' ? end - from === framing : framing === 'closed';
  return { body: bytes.subarray(from, end), trailers: [], isComplete, end };
}

/** What is not a chunk ends the body there, incomplete. */
function readChunks(bytes: Buffer, from: number): Body {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const line = lineEnd < 0 ? '' : bytes.toString('latin1', at, lineEnd);
    const size = /^[0-9a-f]{1,8}(?:;.*)?$/i.test(line) ? Number.parseInt(line, 16) : -1;
    if (size === 0) return readTrailers(bytes, lineEnd, Buffer.concat(parts));
    const end = lineEnd + 2 + size;
    const isWhole = size > 0 && bytes.length >= end + 2 && bytes.toString('latin1', end, end + 2) === '\r\n';
    if (!isWhole) return { body: Buffer.concat(parts), trailers: [], isComplete: false, end: bytes.length };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

function readTrailers(bytes: Buffer, from: number, body: Buffer): Body {
  const stop = bytes.indexOf('\r\n\r\n', from);
  if (stop < 0) return { body, trailers: [], isComplete: false, end: bytes.length };
  const text = stop === from ? '' : bytes.toString('latin1', from + 2, stop);
  const trailers = text === '' ? [] : text.split('\r\n').map(fieldOf);
  return { body, trailers, isComplete: true, end: stop + 4 };
}
