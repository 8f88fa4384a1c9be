import { readBody, readHead, valuesOf, type Field, type Framing, type StrictHead } from './strict-message.ts';

export interface StrictAnswer {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: string;
}

export interface AnswersReading {
  /** The final ones; what goes before them is skipped. */
  readonly answers: readonly StrictAnswer[];
  /** What is behind the last whole answer: nothing, a part of the next, or what is none. */
  readonly rest: 'nothing' | 'partial' | 'broken';
}

const LINE = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/;

/**
 * Reads the answers to requests of these methods, in order. `isEnded`: the connection has ended, so that what goes on until
 * then is whole. Behind an answer that closes the connection there is nothing to read.
 */
export function readAnswers(text: string, methods: readonly string[], isEnded: boolean): AnswersReading {
  const answers: StrictAnswer[] = [];
  for (let at = 0; at < text.length;) {
    const head = readHead(text, at);
    if (head === undefined) return { answers, rest: 'partial' };
    const status = head === 'broken' ? undefined : LINE.exec(head.startLine)?.[1];
    if (head === 'broken' || status === undefined) return { answers, rest: 'broken' };
    const framing = framingOf(head, Number(status), methods[answers.length]);
    if (framing === undefined) return { answers, rest: 'broken' };
    const body = readBody(text, head.end, framing);
    const isOfNone = methods[answers.length] === undefined && body.text === ''; // It may have been a HEAD.
    const isWhole = body.state === 'whole' || (isEnded && (framing === 'until-close' || isOfNone));
    if (!isWhole) return { answers, rest: body.state === 'broken' ? 'broken' : 'partial' };
    if (Number(status) >= 200) answers.push({ status: Number(status), fields: head.fields, body: body.text });
    if (valuesOf(head.fields, 'connection').includes('close')) return { answers, rest: 'nothing' };
    at = body.end;
  }
  return { answers, rest: 'nothing' };
}

function framingOf({ fields }: StrictHead, status: number, method: string | undefined): Framing | undefined {
  const [codings, lengths] = [valuesOf(fields, 'transfer-encoding'), valuesOf(fields, 'content-length')];
  if (codings.length + lengths.length > 1) return undefined;
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return { bytes: 0 };
  if (codings.length > 0) return codings[0] === 'chunked' ? 'chunked' : undefined;
  const [length] = lengths;
  if (length === undefined) return 'until-close';
  return /^\d{1,15}$/.test(length) ? { bytes: Number(length) } : undefined;
}
