/** How a body is compared. */
export type BodyForm = 'json' | 'form' | 'xml' | 'html' | 'text' | 'bytes';

export interface MediaType {
  /** `application/json`; empty when nothing is said. */
  readonly type: string;
  /** Lower case; undefined when nothing is said. */
  readonly charset: string | undefined;
}

/** Reads a Content-Type. What is not understood of it is left out. */
export function mediaTypeOf(header = ''): MediaType {
  const known = types.get(header);
  if (known) return known;
  const type = readType(header);
  if (types.size < KNOWN_TYPES && header.length <= KNOWN_LENGTH) types.set(header, type);
  return type;
}

/** There are few, and they come with every answer. */
const types = new Map<string, MediaType>();
const KNOWN_TYPES = 200;
const KNOWN_LENGTH = 200;

function readType(header: string): MediaType {
  const [type = '', ...parameters] = header.split(';');
  const given = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(one)?.[1]).find(Boolean);
  const charset = given?.toLowerCase();
  return { type: type.trim().toLowerCase(), charset: charset === 'utf8' ? 'utf-8' : charset };
}

/** By its type; where there is none, JSON when it begins like it. */
export function formOf({ type }: MediaType, body: Buffer): BodyForm {
  if (type === '') return body[0] === 0x7b || body[0] === 0x5b ? 'json' : 'text';
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (type === 'text/xml' || type === 'application/xml' || type.endsWith('+xml')) return 'xml';
  return type.startsWith('text/') || type === 'application/javascript' ? 'text' : 'bytes';
}
