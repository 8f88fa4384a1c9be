import type { AnswerHead } from '../client.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { namesInConnection, ruleForResponse, withoutHeaders } from '../hygiene/header-rules.ts';

export interface Head extends AnswerHead {
  readonly isEventStream: boolean;
  /** It has lines that name addresses or set cookies. */
  readonly hasReferences: boolean;
  readonly hasEntityTag: boolean;
  /** The fields announced to come behind a chunked body. */
  readonly trailer: string | undefined;
}

/**
 * Reads the head another HTTP client has parsed; order and repetition are kept. Input: raw names and values. Throws for a
 * status that is none.
 */
export function readAnswerHead(status: number, message: string, raw: readonly (Buffer | string)[]): Head {
  if (status < 100 || status > 599) throw new RangeError(`an answer with the status ${status}`);
  const headers: string[] = [];
  let listed: string[] | undefined;
  let length = -1;
  let isEventStream = false;
  let hasDate = false;
  let hasReferences = false;
  let hasEntityTag = false;
  let isChunked = false;
  let trailer: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i]);
    const value = text(raw[i + 1]);
    switch (ruleForResponse(name)) {
      case 'length':
        length = Number(value);
        headers.push(name, value);
        break;
      case 'type':
        isEventStream = value.startsWith('text/event-stream');
        headers.push(name, value);
        break;
      case 'date':
        hasDate = true;
        headers.push(name, value);
        break;
      case 'reference':
        hasReferences = true;
        headers.push(name, value);
        break;
      case 'entity-tag':
        hasEntityTag = true;
        headers.push(name, value);
        break;
      case 'keep':
        headers.push(name, value);
        break;
      case 'connection':
        listed = [...(listed ?? []), ...namesInConnection(value)];
        break;
      case 'encoding':
        isChunked = true;
        break;
      case 'trailer':
        trailer = trailer === undefined ? value : `${trailer}, ${value}`;
        break;
      default:
        break;
    }
  }
  const lines = HeaderLines.ofList(listed && listed.length > 0 ? withoutHeaders(headers, listed) : headers);
  if (!isChunked) trailer = undefined;
  return { status, message, headers: lines, length, hasDate, hasReferences, hasEntityTag, isEventStream, trailer };
}

function text(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
}
