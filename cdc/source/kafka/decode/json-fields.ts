import { cdcErrors } from '../../../errors.ts';
import { endOfObject, endOfSpace, endOfValue, type JsonSpan, type JsonToken } from './json-text.ts';

/** The fields of an object by name, in the order they stand there. */
export type JsonFields = ReadonlyMap<string, JsonSpan>;

/** Where in a message, and what is wrong there; never what stands there. */
export function malformed(what: string, fix?: string): Error {
  return cdcErrors.error('CDC_EVENT_MALFORMED', {
    message: `a change message cannot be understood: ${what}`,
    ...(fix !== undefined && { fix }),
  });
}

/** Throws `CDC_EVENT_MALFORMED` when the span is not one whole object, or names a field twice. */
export function readFields(bytes: Buffer, { from, to }: JsonSpan, where: string): JsonFields {
  const fields = new Map<string, JsonSpan>();
  const start = endOfSpace(bytes, from, to);
  const stop = endOfObject(bytes, start, to, 0, (name, value) => {
    const text = textOf(bytes, name);
    if (fields.has(text)) throw malformed(`byte ${name.from}: a field of ${where} stands there twice`);
    fields.set(text, value);
  });
  requireEnd(bytes, stop, to, where);
  return fields;
}

/** One value with space around it. */
export function wholeValue(bytes: Buffer, { from, to }: JsonSpan, where: string): JsonSpan {
  const start = endOfSpace(bytes, from, to);
  const stop = endOfValue(bytes, start, to);
  requireEnd(bytes, stop, to, where);
  return { from: start, to: stop };
}

function requireEnd(bytes: Buffer, stop: number, to: number, where: string): void {
  if (stop >= 0 && endOfSpace(bytes, stop, to) === to) return;
  const at = stop < 0 ? ~stop : stop;
  throw malformed(at >= to ? `${where} ends at byte ${to}, in the middle` : `byte ${at} of ${where} is not JSON`);
}

/** The value of a checked span. */
export function tokenOf(bytes: Buffer, span: JsonSpan): JsonToken {
  switch (bytes[span.from]) {
    case 0x22:
      return { kind: 'string', text: textOf(bytes, span) };
    case 0x7b:
      return { kind: 'object', text: rawText(bytes, span) };
    case 0x5b:
      return { kind: 'array', text: rawText(bytes, span) };
    case 0x6e:
      return { kind: 'null', text: 'null' };
    case 0x74:
      return { kind: 'true', text: 'true' };
    case 0x66:
      return { kind: 'false', text: 'false' };
    default:
      return { kind: 'number', text: bytes.toString('latin1', span.from, span.to) };
  }
}

/** What a string in quotes means. */
function textOf(bytes: Buffer, span: JsonSpan): string {
  const raw = rawText(bytes, span);
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

export function rawText(bytes: Buffer, { from, to }: JsonSpan): string {
  return bytes.toString('utf8', from, to);
}
