import { HeaderLines } from './header-lines.ts';
import { problems, type EdgeProblem } from '../problem.ts';
import { namesInConnection, ruleForRequest, withoutHeaders } from './header-rules.ts';
import { takeTraceContext, type TraceContext } from './trace-context.ts';

/** What one pass over a request's raw headers tells. */
export interface HeaderList {
  /** In the client's order, without what may not pass. */
  readonly headers: HeaderLines;
  readonly host: string | undefined;
  /** All cookie lines, joined as RFC 9112 asks of whoever passes them on to HTTP/1.1. */
  readonly cookie: string | undefined;
  /** Bytes of the body: 0 for none, -1 when it comes in chunks. */
  readonly bodyBytes: number;
  readonly expectsContinue: boolean;
  readonly wantsExplanation: boolean;
  /** What a tester shows to be sent to one side; not looked at yet. */
  readonly override: string | undefined;
  /** It refers to an earlier answer. */
  readonly hasConditions: boolean;
  /** True when the head tries to make the next reader lose the body's framing. */
  readonly isDoubtful: boolean;
  /** The edges it has left before, as it says. */
  readonly edges: string | undefined;
  /** Of Max-Forwards. */
  readonly hopsLeft: string | undefined;
  /** The trace the request says it belongs to. */
  readonly trace: TraceContext | undefined;
  /** Why it cannot be carried: two readers would read it differently, or it wants what is not here. */
  readonly fault: EdgeProblem | undefined;
}

/** More digits than this are no length a number can hold. */
const LENGTH_DIGITS = 15;
const FRAMING = /transfer-encoding|content-length/i;

/** Reads the raw list only: Node's own header object costs more and has already chosen between repeated lines. */
export function readHeaders(raw: readonly string[], most: number): HeaderList {
  const headers: string[] = [];
  let host: string | undefined;
  let cookie: string | undefined;
  let cookieAt = 0;
  let bodyBytes = 0;
  let expectsContinue = false;
  let wantsExplanation = false;
  let override: string | undefined;
  let hasConditions = false;
  let isDoubtful = false;
  let edges: string | undefined;
  let hopsLeft: string | undefined;
  let fault: EdgeProblem | undefined;
  let seenOnce = '';
  let listed: string[] | undefined;
  let isTraced = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const rule = ruleForRequest(name);
    switch (rule) {
      case 'keep':
        headers.push(name, value);
        break;
      case 'once':
      case 'length': {
        const mark = `${name.toLowerCase()},`;
        if (seenOnce.includes(mark)) fault ??= problems.repeatedHeader;
        seenOnce += mark;
        headers.push(name, value);
        if (rule === 'length' && value.length > LENGTH_DIGITS) fault ??= problems.malformed;
        if (rule === 'length' && bodyBytes === 0) bodyBytes = Number(value);
        break;
      }
      case 'host':
        if (host !== undefined) fault ??= problems.badHost;
        host = value;
        headers.push(name, value);
        break;
      case 'cookie':
        if (cookie === undefined) {
          cookie = value;
          cookieAt = headers.push(name, value) - 1;
        } else headers[cookieAt] = cookie = `${cookie}; ${value}`;
        break;
      case 'encoding':
        if (value.toLowerCase() !== 'chunked') fault ??= problems.coding;
        bodyBytes = -1;
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue') fault ??= problems.expectation;
        expectsContinue = true;
        break;
      case 'connection':
        if (isPlainConnection(value)) break;
        isDoubtful ||= FRAMING.test(value);
        listed = [...(listed ?? []), ...namesInConnection(value)];
        break;
      case 'edges':
        edges = value;
        break;
      case 'hops-left':
        hopsLeft = value;
        headers.push(name, value);
        break;
      case 'trace':
        isTraced = true;
        headers.push(name, value);
        break;
      case 'explain':
        wantsExplanation = value === '1';
        break;
      case 'condition':
        hasConditions = true;
        headers.push(name, value);
        break;
      case 'override':
        override = value;
        break;
      case 'malformed':
        fault ??= problems.malformed;
        break;
      case 'upgrade':
      case 'drop':
        break;
    }
  }
  if (raw.length > 2 * most) fault = problems.tooLarge;
  if (host === undefined) fault ??= problems.badHost;
  const lines = HeaderLines.ofList(listed ? withoutHeaders(headers, listed) : headers);
  const traced = isTraced ? takeTraceContext(lines) : undefined;
  return {
    headers: traced?.headers ?? lines,
    host,
    cookie,
    bodyBytes,
    expectsContinue,
    wantsExplanation,
    override,
    hasConditions,
    isDoubtful,
    edges,
    hopsLeft,
    trace: traced?.context,
    fault,
  };
}

function isPlainConnection(value: string): boolean {
  return value === 'keep-alive' || value === 'close' || value === 'Keep-Alive';
}
