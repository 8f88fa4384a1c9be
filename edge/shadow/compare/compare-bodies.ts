import { headerValue } from '../../hygiene/header-value.ts';
import { equate } from '../rules/scalar-rule.ts';
import type { RuleBook } from '../rules/rule-book.ts';
import type { Answer } from './answer.ts';
import { decodeBody, toUtf8 } from './decode-body.ts';
import type { DifferenceClass } from './difference.ts';
import { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import { formTree } from './form-tree.ts';
import { IdMap } from './id-map.ts';
import type { JsonLimits, JsonTape } from './json-tape.ts';
import { JsonWalk } from './json-walk.ts';
import type { KeyIndex } from './key-index.ts';
import { markupTree } from './markup-tree.ts';
import { formOf, mediaTypeOf, type BodyForm } from './media-type.ts';

export interface BodyLimits extends JsonLimits {
  /** After content codings are undone. */
  readonly maxDecodedBytes: number;
}

/** What is used for one comparison after the other. */
export interface Tapes {
  readonly control: JsonTape;
  readonly candidate: JsonTape;
  readonly index: KeyIndex;
}

type Fault = 'encoding' | 'malformed' | 'too-large';
type Read = { readonly body: Buffer; readonly form: BodyForm } | { readonly fault: Fault };

/** Compares two bodies by what they are: fields where there are fields, else text, else bytes. */
export class BodyComparison {
  readonly #findings: Findings;
  readonly #rules: RuleBook;
  readonly #limits: BodyLimits;
  readonly #tapes: Tapes;

  constructor(findings: Findings, rules: RuleBook, limits: BodyLimits, tapes: Tapes) {
    this.#findings = findings;
    this.#rules = rules;
    this.#limits = limits;
    this.#tapes = tapes;
  }

  compare(control: Answer, candidate: Answer): void {
    if (isSameBody(control, candidate) && !this.#rules.seesAll) return;
    const [left, right] = [this.#read(control), this.#read(candidate)];
    const fault = worst(left, right);
    if (fault) return this.#whole(control.body, candidate.body, fault);
    if ('fault' in left || 'fault' in right) return;
    if (left.body.equals(right.body) && left.form === right.form && !this.#rules.seesAll) return;
    const isField = left.form === right.form && left.form !== 'text' && left.form !== 'bytes';
    if (isField) this.#fields(left.body, right.body, control.status);
    else this.#whole(left.body, right.body, left.form === right.form ? 'value' : 'malformed');
  }

  /** A tree in JSON for everything that has fields, UTF-8 for every text. */
  #read({ headers, body }: Answer): Read {
    const decoded = decodeBody(body, headerValue(headers, 'content-encoding'), this.#limits.maxDecodedBytes);
    if ('fault' in decoded) return decoded;
    const media = mediaTypeOf(headerValue(headers, 'content-type'));
    const form = formOf(media, decoded.body);
    if (form === 'bytes' || decoded.body.length === 0) return { body: decoded.body, form: 'bytes' };
    const isPlain = form === 'json' && (media.charset ?? 'utf-8') === 'utf-8' && decoded.body[0] !== MARK;
    const text = isPlain ? decoded.body : toUtf8(decoded.body, media.charset);
    if (!text) return { fault: 'encoding' };
    const tree = treeOf(text, form);
    return tree ? { body: tree, form } : { fault: 'malformed' };
  }

  #fields(left: Buffer, right: Buffer, status: number): void {
    const { control, candidate } = this.#tapes;
    const fault = worst({ fault: control.read(left, this.#limits) }, { fault: candidate.read(right, this.#limits) });
    if (fault) return this.#whole(left, right, fault);
    const { seesAll, root } = this.#rules;
    const onlyClass = status >= 400 ? 'error-shape' : undefined;
    const parts = {
      findings: this.#findings,
      ids: new IdMap(),
      index: this.#tapes.index,
      limits: this.#limits,
      seesAll,
      onlyClass,
    } as const;
    new JsonWalk(control, candidate, parts).compare(0, 0, root);
  }

  #whole(left: Buffer, right: Buffer, kind: DifferenceClass): void {
    const rules = this.#rules.at('body');
    const isText = kind === 'value' && rules.scalars.length > 0;
    const near = isText ? rules.scalars[equate(rules.scalars, left.toString(), right.toString())] : undefined;
    const forgiving = rules.drop ?? near;
    if (forgiving) return this.#findings.forgive(forgiving, 'body');
    const [control, candidate] = [new Evidence('bytes', left), new Evidence('bytes', right)];
    this.#findings.differ('body', kind, control, candidate, rules.severityOf(kind));
  }
}

/** First byte of a byte order mark. */
const MARK = 0xef;

/** Bytes and how they are to be read. */
function isSameBody(control: Answer, candidate: Answer): boolean {
  const isSame = (name: string): boolean => headerValue(control.headers, name) === headerValue(candidate.headers, name);
  return control.body.equals(candidate.body) && isSame('content-encoding') && isSame('content-type');
}

function treeOf(text: Buffer, form: BodyForm): Buffer | undefined {
  if (form === 'form') return formTree(text);
  if (form === 'html' || form === 'xml') return markupTree(text.toString('utf8'), form === 'html');
  return text;
}

function worst(...reads: readonly object[]): Fault | undefined {
  const faults = reads.flatMap((read) => ('fault' in read && read.fault ? [read.fault as Fault] : []));
  return (['encoding', 'malformed', 'too-large'] as const).find((fault) => faults.includes(fault));
}
