import { readBody, type Framing } from './body.ts';

export type Field = readonly [name: string, value: string];

/** A request or an answer as it was on the wire, in latin1. */
export interface Message {
  readonly startLine: string;
  readonly fields: readonly Field[];
  readonly body: Buffer;
  readonly trailers: readonly Field[];
  /** False while the body has not ended as the head announced. */
  readonly isComplete: boolean;
}

/**
 * Reads one message from `from` on, to the letter of RFC 9112; undefined while its head has not arrived. `end` is where
 * the next one starts. `framingOf` says from the head how the body ends.
 */
export function readMessage(
  bytes: Buffer,
  from: number,
  framingOf: (startLine: string, fields: readonly Field[]) => Framing,
): { readonly message: Message; readonly end: number } | undefined {
  const stop = bytes.indexOf('\r\n\r\n', from);
  if (stop < 0) return undefined;
  const [startLine = '', ...lines] = bytes.toString('latin1', from, stop).split('\r\n');
  const fields = lines.map(fieldOf);
  const { body, trailers, isComplete, end } = readBody(bytes, stop + 4, framingOf(startLine, fields));
  return { message: { startLine, fields, body, trailers, isComplete }, end };
}

export function fieldOf(line: string): Field {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(0, colon)), line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')];
}

/** Names of all fields, in lower case and in order. */
export function fieldNames({ fields }: Pick<Message, 'fields'>): string[] {
  return fields.map(([name]) => name.toLowerCase());
}

/** All values of a field, in order; the name in lower case. */
export function valuesOf(message: Pick<Message, 'fields'>, name: string): string[] {
  return message.fields.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
}

/** The field's value, lines joined with commas; undefined without any. */
export function valueOf(message: Pick<Message, 'fields'>, name: string): string | undefined {
  const values = valuesOf(message, name);
  return values.length === 0 ? undefined : values.join(', ');
}

/** The framing that two headers announce; undefined when neither is there. */
export function announced(fields: readonly Field[]): Framing | undefined {
  if (/(^|,)\s*chunked$/i.test(valueOf({ fields }, 'transfer-encoding') ?? '')) return 'chunked';
  const length = valueOf({ fields }, 'content-length');
  return length === undefined ? undefined : Number(length);
}
