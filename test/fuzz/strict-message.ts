export type Field = readonly [name: string, value: string];

/** The head of a message or a part of it, cut by the letter of RFC 9112; names are in lower case. */
export interface StrictHead {
  readonly startLine: string;
  readonly fields: readonly Field[];
  /** Where the body begins. */
  readonly end: number;
}

export interface StrictBody {
  readonly text: string;
  readonly trailers: readonly Field[];
  readonly state: 'whole' | 'partial' | 'broken';
  readonly end: number;
}

export type Framing = { readonly bytes: number } | 'chunked' | 'until-close';

export const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/; // All but the tab.
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*(.*?)[ \\t]*$`);
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const CHUNK = new RegExp(`^0*([0-9A-Fa-f]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);

/**
 * A reading of HTTP/1.1 that shares nothing with the edge: bytes as latin1 text, one way to read them or none. `undefined`
 * while a head is not whole, `broken` when it is none.
 */
export function readHead(text: string, from: number): StrictHead | 'broken' | undefined {
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  const [startLine = '', ...lines] = text.slice(from, end).split('\r\n');
  const fields = readFields(lines);
  return fields && !CONTROL.test(startLine) ? { startLine, fields, end: end + 4 } : 'broken';
}

export function readFields(lines: readonly string[]): Field[] | undefined {
  const fields: Field[] = [];
  for (const line of lines) {
    const [, name, value] = CONTROL.test(line) ? [] : (FIELD.exec(line) ?? []);
    if (name === undefined || value === undefined) return undefined;
    fields.push([name.toLowerCase(), value]);
  }
  return fields;
}

export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([given]) => given === name).map(([, value]) => value);
}

export function readBody(text: string, from: number, framing: Framing): StrictBody {
  if (framing === 'chunked') return readChunks(text, from);
  if (framing === 'until-close') return { text: text.slice(from), trailers: [], state: 'partial', end: text.length };
  const end = Math.min(text.length, from + framing.bytes);
  const state = end === from + framing.bytes ? 'whole' : 'partial';
  return { text: text.slice(from, end), trailers: [], state, end };
}

function readChunks(text: string, from: number): StrictBody {
  let body = '';
  for (let at = from; ;) {
    const stop = text.indexOf('\r\n', at);
    const ended = (state: 'partial' | 'broken'): StrictBody => ({ text: body, trailers: [], state, end: at });
    if (stop < 0) return ended('partial');
    const line = text.slice(at, stop);
    const size = CONTROL.test(line) ? undefined : CHUNK.exec(line)?.[1];
    if (size === undefined) return ended('broken');
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return readTrailers(text, stop + 2, body);
    const end = stop + 2 + bytes;
    body += text.slice(stop + 2, end);
    const close = text.slice(end, end + 2);
    if (close !== '\r\n') return ended('\r\n'.startsWith(close) ? 'partial' : 'broken');
    at = end + 2;
  }
}

/** Behind the last chunk: fields and an empty line. */
function readTrailers(text: string, from: number, body: string): StrictBody {
  if (text.startsWith('\r\n', from)) return { text: body, trailers: [], state: 'whole', end: from + 2 };
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return { text: body, trailers: [], state: 'partial', end: text.length };
  const trailers = readFields(text.slice(from, end).split('\r\n'));
  if (!trailers) return { text: body, trailers: [], state: 'broken', end };
  return { text: body, trailers, state: 'whole', end: end + 4 };
}
