import type { HeaderList } from '../hygiene/header-list.ts';
import { HeaderLines, trimmed, UNSAFE } from '../hygiene/header-lines.ts';
import { ruleForRequest } from '../hygiene/header-rules.ts';
import { takeTraceContext } from '../hygiene/trace-context.ts';
import { problems, type EdgeProblem } from '../problem.ts';

/** The head of a request of the common kind. */
export interface PlainHead extends HeaderList {
  readonly method: string;
  readonly url: string;
  /** All lines as they came, those included that may not pass. */
  readonly lines: string;
  /** Where the head ends and the body begins. */
  readonly end: number;
}

export interface HeadLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
}

const MAX_BODY = 65_536;
const LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1\r$/;
const CR = 13;

/**
 * Reads the head of a request at the start of `bytes` when it is whole and of the common kind: nothing in it that two
 * readers could see differently, nothing that asks for more than one answer. Undefined otherwise, and then says nothing
 * about the request: a full parser has to judge it. Lines that pass side by side stay one piece of text.
 */
export function readPlainHead(bytes: Buffer, limits: HeadLimits): PlainHead | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1') + 4;
  if (end < 4 || end > limits.maxHeaderBytes) return undefined;
  const text = bytes.toString('latin1', 0, end - 2);
  if (UNSAFE.test(text)) return undefined;
  const first = text.indexOf('\n');
  const line = LINE.exec(text.slice(0, first));
  if (!line) return undefined;
  let kept = '';
  let keptFrom = first + 1;
  let host: string | undefined;
  let cookie: string | undefined;
  let bodyBytes = -1;
  let wantsExplanation = false;
  let fault: EdgeProblem | undefined;
  let seenOnce = '';
  let isTraced = false;
  let hasConditions = false;
  let count = 0;
  for (let start = first + 1, stop = 0; start < text.length; start = stop + 1) {
    stop = text.indexOf('\n', start);
    const colon = text.indexOf(':', start);
    if (text.charCodeAt(stop - 1) !== CR || colon < 0 || colon > stop || ++count > limits.maxHeaders) return undefined;
    const name = text.slice(start, colon);
    switch (ruleForRequest(name)) {
      case 'keep':
        continue;
      case 'host':
        if (host !== undefined) return undefined;
        host = trimmed(text, colon + 1, stop - 1);
        continue;
      case 'cookie':
        if (cookie !== undefined) return undefined;
        cookie = trimmed(text, colon + 1, stop - 1);
        continue;
      case 'once': {
        const mark = `${name.toLowerCase()},`;
        if (seenOnce.includes(mark)) fault = problems.repeatedHeader;
        seenOnce += mark;
        continue;
      }
      case 'length':
        if (bodyBytes >= 0) return undefined;
        bodyBytes = smallNumber(trimmed(text, colon + 1, stop - 1));
        if (bodyBytes < 0) return undefined;
        continue;
      case 'trace':
        isTraced = true;
        continue;
      case 'condition':
        hasConditions = true;
        continue;
      case 'connection':
        if (!isKeepAlive(trimmed(text, colon + 1, stop - 1))) return undefined;
        break;
      case 'explain':
        wantsExplanation = trimmed(text, colon + 1, stop - 1) === '1';
        break;
      case 'drop':
        break;
      default:
        return undefined;
    }
    // This line does not pass: what stands in front of it is a piece of its own.
    kept += text.slice(keptFrom, start);
    keptFrom = stop + 1;
  }
  if (host === undefined) fault = problems.badHost;
  const passing = HeaderLines.ofText(kept === '' ? text.slice(keptFrom) : kept + text.slice(keptFrom));
  const traced = isTraced ? takeTraceContext(passing) : undefined;
  return {
    method: line[1] ?? '',
    url: line[2] ?? '',
    lines: text,
    headers: traced?.headers ?? passing,
    host,
    cookie,
    bodyBytes: bodyBytes < 0 ? 0 : bodyBytes,
    expectsContinue: false,
    wantsExplanation,
    override: undefined, // A request that shows one is not of the common kind.
    hasConditions,
    isDoubtful: false,
    edges: undefined,
    hopsLeft: undefined,
    trace: traced?.context,
    fault,
    end,
  };
}

function isKeepAlive(value: string): boolean {
  return value === 'keep-alive' || value === 'Keep-Alive';
}

/** -1 for what is no small number in its only spelling. */
function smallNumber(text: string): number {
  const number = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : -1;
  return number <= MAX_BODY ? number : -1;
}
