import { HeaderLines } from './header-lines.ts';

/** What a request says of the trace it belongs to (W3C Trace Context and Baggage), valid and bounded. */
export interface TraceContext {
  /** Version 00 of `<trace id>-<parent id>-<flags>`; undefined when there was none that can be used. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** Limits of the two recommendations: so much must be passed on, more need not be. */
const MAX_STATE = { bytes: 512, members: 32 };
const MAX_BAGGAGE = { bytes: 8192, members: 64 };

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/;
const STATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;
const BAGGAGE_MEMBER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\s*=[\x20\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]*$/;

/**
 * Reads the trace headers and puts what is good in them at the end of the lines, in place of what came. A `traceparent` that is malformed or comes twice is
 * none, and a `tracestate` means nothing without it. Members beyond the limits are left out from the right.
 */
export function takeTraceContext({ list: headers }: HeaderLines): { headers: HeaderLines; context: TraceContext } {
  const rest: string[] = [];
  const lines: Record<string, string[]> = { traceparent: [], tracestate: [], baggage: [] };
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    const known = lines[name.toLowerCase()];
    if (known) known.push(value);
    else rest.push(name, value);
  }
  const { traceparent: parents = [], tracestate: states = [], baggage = [] } = lines;
  const traceparent = parents.length === 1 ? readTraceparent(parents[0]?.trim() ?? '') : undefined;
  const tracestate = traceparent && bounded(states, MAX_STATE, STATE_MEMBER);
  const context = { traceparent, tracestate, baggage: bounded(baggage, MAX_BAGGAGE, BAGGAGE_MEMBER) };
  return { headers: HeaderLines.ofList([...rest, ...traceHeaders(context)]), context };
}

/** The header lines of a context, for a flat list. */
export function traceHeaders({ traceparent, tracestate, baggage }: TraceContext): string[] {
  const headers: string[] = [];
  if (traceparent) headers.push('traceparent', traceparent);
  if (tracestate) headers.push('tracestate', tracestate);
  if (baggage) headers.push('baggage', baggage);
  return headers;
}

/** A later version may say more behind what we know; version 00 may not. */
function readTraceparent(value: string): string | undefined {
  const [, version, fields, more] = TRACEPARENT.exec(value) ?? [];
  if (fields === undefined || (version === '00' && more !== undefined)) return undefined;
  return `00-${fields}`;
}

function bounded(
  lines: readonly string[],
  max: { readonly bytes: number; readonly members: number },
  shape: RegExp,
): string | undefined {
  const members = lines.flatMap((line) => line.split(',')).map((member) => member.trim());
  let text = '';
  for (const member of members.filter((one) => shape.test(one)).slice(0, max.members)) {
    const longer = text === '' ? member : `${text},${member}`;
    if (longer.length > max.bytes) break;
    text = longer;
  }
  return text === '' ? undefined : text;
}
