import { headerValue } from '../../hygiene/header-value.ts';
import type { Answer } from './answer.ts';
import { decodeBody, toUtf8 } from './decode-body.ts';
import { formTree } from './form-tree.ts';
import { markupTree } from './markup-tree.ts';
import { formOf, mediaTypeOf, type BodyForm } from './media-type.ts';

export type BodyFault = 'encoding' | 'malformed' | 'too-large';

/** A body ready to be compared, or why it cannot be read. */
export type BodyReading =
  | {
      /** A tree in JSON for everything that has fields, UTF-8 for every text. */
      readonly body: Buffer;
      readonly form: BodyForm;
      /** No charset was said, and it is not UTF-8: read as browsers do, as windows-1252. */
      readonly isGuessed: boolean;
    }
  | { readonly fault: BodyFault };

/** Without its content codings, by its type or, where another is given, by that. */
export function readBody({ headers, body: sent }: Answer, maxBytes: number, as?: BodyForm): BodyReading {
  const decoded = decodeBody(sent, headerValue(headers, 'content-encoding'), maxBytes);
  if ('fault' in decoded) return decoded;
  const { body } = decoded;
  const media = mediaTypeOf(headerValue(headers, 'content-type'));
  const form = as ?? formOf(media, body);
  const isPlain = form === 'json' && (media.charset ?? 'utf-8') === 'utf-8' && body[0] !== MARK;
  if (isPlain || form === 'bytes') return { body, form, isGuessed: false };
  const text = toUtf8(body, media.charset);
  if (text) return readText(text, form, false);
  const guessed = media.charset === undefined && form !== 'json' ? toUtf8(body, 'windows-1252') : undefined;
  return guessed ? readText(guessed, form, true) : { fault: 'encoding' };
}

/** First byte of a byte order mark. */
const MARK = 0xef;

function readText(text: Buffer, form: BodyForm, isGuessed: boolean): BodyReading {
  const body = treeOf(text, form);
  return body ? { body, form, isGuessed } : { fault: 'malformed' };
}

function treeOf(text: Buffer, form: BodyForm): Buffer | undefined {
  if (form === 'form') return formTree(text);
  if (form === 'html' || form === 'xml') return markupTree(text.toString('utf8'), form === 'html');
  return text;
}
