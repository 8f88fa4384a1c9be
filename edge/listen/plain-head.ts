/** A request head of the common kind. */
export interface PlainHead {
  readonly method: string;
  readonly url: string;
  /** Names and values, flat, as they came. */
  readonly rawHeaders: string[];
  readonly bodyBytes: number;
  /** Where the head ends and the body begins. */
  readonly end: number;
}

type NameKind = 'any' | 'length' | 'connection' | 'unusual';

const MAX_BODY = 65_536;
const LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** A control character, or half a line end. */
// oxlint-disable-next-line no-control-regex
export const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
/** What changes the framing or the protocol of a connection. */
const UNUSUAL = new Set(['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te', 'http2-settings']);

/**
 * Reads the head of a request at the start of `bytes` when it is whole and of the common kind: nothing in it that two
 * readers could see differently, nothing that asks for more than one answer. Undefined otherwise, and then says nothing
 * about the request: a full parser has to judge it.
 */
export function readPlainHead(bytes: Buffer, maxBytes: number): PlainHead | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end < 0 || end > maxBytes) return undefined;
  const text = bytes.toString('latin1', 0, end);
  if (ILLEGAL.test(text)) return undefined;
  let at = text.indexOf('\r\n');
  const line = LINE.exec(at < 0 ? text : text.slice(0, at));
  if (!line) return undefined;
  const rawHeaders: string[] = [];
  let length: string | undefined;
  while (at >= 0) {
    const start = at + 2;
    at = text.indexOf('\r\n', start);
    const stop = at < 0 ? end : at;
    const colon = text.indexOf(':', start);
    if (colon < 0 || colon >= stop) return undefined;
    const name = text.slice(start, colon);
    const value = trimmed(text, colon + 1, stop);
    const kind = kindOf(name);
    if (kind !== 'any') {
      if (kind === 'unusual' || (kind === 'connection' && !isKeepAlive(value))) return undefined;
      if (kind === 'length' && length !== undefined) return undefined;
      if (kind === 'length') length = value;
    }
    rawHeaders.push(name, value);
  }
  const bodyBytes = length === undefined ? 0 : smallNumber(length);
  if (bodyBytes < 0) return undefined;
  return { method: line[1] ?? '', url: line[2] ?? '', rawHeaders, bodyBytes, end: end + 4 };
}

const MEMORY = 512;
const kinds = new Map<string, NameKind>();

/** Remembered by spelling, so that a name is looked at closely once and not on every request. */
function kindOf(name: string): NameKind {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = judge(name.toLowerCase());
  if (kinds.size < MEMORY && kind !== 'unusual') kinds.set(name, kind);
  return kind;
}

function judge(name: string): NameKind {
  if (!NAME.test(name) || UNUSUAL.has(name)) return 'unusual';
  if (name === 'content-length') return 'length';
  return name === 'connection' ? 'connection' : 'any';
}

function isKeepAlive(value: string): boolean {
  return value === 'keep-alive' || value === 'Keep-Alive';
}

/** -1 for what is no small number in its only spelling. */
function smallNumber(text: string): number {
  const number = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : -1;
  return number <= MAX_BODY ? number : -1;
}

/** The value without the optional white space around it. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
