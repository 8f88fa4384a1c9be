import { readBody, readHead, TOKEN, valuesOf, type Field, type Framing, type StrictHead } from './strict-message.ts';

export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  readonly minor: 0 | 1;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
  readonly isWhole: boolean;
}

/** `request` without `end`: its head is whole, its body is not, or is none. */
export type RequestReading =
  | { readonly kind: 'whole'; readonly request: StrictRequest; readonly end: number }
  | { readonly kind: 'partial' | 'broken'; readonly request?: StrictRequest };

const LINE = new RegExp(`^(${TOKEN}) +([\\x21-\\x7e]+) +HTTP/1\\.([01])$`);

/** Reads the request at `from`. What two readers could read in two ways is broken. */
export function readRequest(text: string, from: number): RequestReading {
  const head = readHead(text, from);
  if (head === undefined) return { kind: 'partial' };
  const line = head === 'broken' ? undefined : LINE.exec(head.startLine);
  if (head === 'broken' || !line) return { kind: 'broken' };
  const [, method = '', target = '', minor] = line;
  const framing = framingOf(head, minor === '0');
  if (!framing || valuesOf(head.fields, 'host').length !== 1) return { kind: 'broken' };
  const { text: body, trailers, state, end } = readBody(text, head.end, framing);
  const isWhole = state === 'whole';
  const request = {
    method,
    target,
    minor: minor === '0' ? 0 : 1,
    fields: head.fields,
    body,
    trailers,
    isWhole,
  } as const;
  return state === 'whole' ? { kind: 'whole', request, end } : { kind: state, request };
}

function framingOf({ fields }: StrictHead, isHttp10: boolean): Framing | undefined {
  const [codings, lengths] = [valuesOf(fields, 'transfer-encoding'), valuesOf(fields, 'content-length')];
  if (codings.length + lengths.length > 1) return undefined;
  const [coding] = codings;
  if (coding !== undefined) return coding.toLowerCase() === 'chunked' && !isHttp10 ? 'chunked' : undefined;
  const [length = '0'] = lengths;
  return /^\d{1,15}$/.test(length) ? { bytes: Number(length) } : undefined;
}

/** What everything sent on one connection says. */
export interface StreamReading {
  readonly requests: readonly StrictRequest[];
  /**
   * How it ends: behind a request, in the middle of one, with something that is none, with a request behind which nothing
   * is read any more, or with one that asks for another protocol.
   */
  readonly tail: 'clean' | 'partial' | 'broken' | 'closed' | 'upgraded';
  /** The request in whose body it ends. */
  readonly cut?: StrictRequest;
}

/** Reads a client's bytes. Line ends in front of a request are skipped: RFC 9112 asks that of a server, and no two read it otherwise. */
export function readStream(text: string): StreamReading {
  const requests: StrictRequest[] = [];
  for (let at = 0; ;) {
    while (text[at] === '\r' || text[at] === '\n') at++;
    if (at >= text.length) return { requests, tail: 'clean' };
    const reading = readRequest(text, at);
    if (reading.kind !== 'whole')
      return { requests, tail: reading.kind, ...(reading.request && { cut: reading.request }) };
    requests.push(reading.request);
    if (isUpgrade(reading.request)) return behindUpgrade(requests, readStream(text.slice(reading.end)));
    if (isLast(reading.request)) return { requests, tail: 'closed' };
    at = reading.end;
  }
}

/** What stands behind a request that asks for another protocol may be read, or not. */
function behindUpgrade(requests: readonly StrictRequest[], { requests: more, cut }: StreamReading): StreamReading {
  return { requests: [...requests, ...more], tail: 'upgraded', ...(cut && { cut }) };
}

/** The names a request's Connection lists, in lower case. */
export function connectionOf({ fields }: StrictRequest): string[] {
  return valuesOf(fields, 'connection').flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase()));
}

function isLast(request: StrictRequest): boolean {
  const listed = connectionOf(request);
  return listed.includes('close') || (request.minor === 0 && !listed.includes('keep-alive'));
}

function isUpgrade(request: StrictRequest): boolean {
  return valuesOf(request.fields, 'upgrade').length > 0 && connectionOf(request).includes('upgrade');
}

/** Path and query of the target, whatever its form. */
export function originOf(target: string): string {
  const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
