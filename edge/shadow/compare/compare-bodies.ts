import { headerValue } from '../../hygiene/header-value.ts';
import { equate } from '../rules/scalar-rule.ts';
import type { RuleBook } from '../rules/rule-book.ts';
import type { Answer } from './answer.ts';
import type { DifferenceClass } from './difference.ts';
import { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import { IdMap } from './id-map.ts';
import type { JsonLimits, JsonTape } from './json-tape.ts';
import { JsonWalk } from './json-walk.ts';
import type { KeyIndex } from './key-index.ts';
import { readBody, type BodyFault, type BodyReading } from './read-body.ts';

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

  /** The candidate's body is read as what control's is: another type is a difference of its own. */
  compare(control: Answer, candidate: Answer): void {
    const isSame = isSameBody(control, candidate);
    if (isSame && !this.#rules.seesAll) return;
    const { maxDecodedBytes } = this.#limits;
    const left = readBody(control, maxDecodedBytes);
    const right = readBody(candidate, maxDecodedBytes, 'form' in left ? left.form : undefined);
    if ('fault' in left || 'fault' in right) {
      if (!isSame) this.#whole(control.body, candidate.body, worst(faultOf(left), faultOf(right)));
    } else if (left.isGuessed !== right.isGuessed) this.#whole(left.body, right.body, 'encoding');
    else if (left.form === 'text' || left.form === 'bytes') this.#whole(left.body, right.body, 'value');
    else this.#fields(left.body, right.body, control.status);
  }

  #fields(left: Buffer, right: Buffer, status: number): void {
    const { seesAll, root } = this.#rules;
    if (left.equals(right) && !seesAll) return;
    const { control, candidate, index } = this.#tapes;
    const [fault, other] = [control.read(left, this.#limits), candidate.read(right, this.#limits)];
    if (fault ?? other) return this.#whole(left, right, worst(fault, other));
    const onlyClass = status >= 400 ? 'error-shape' : undefined;
    const shared = { findings: this.#findings, index, limits: this.#limits };
    new JsonWalk(control, candidate, { ...shared, ids: new IdMap(), seesAll, onlyClass }).compare(0, 0, root);
  }

  #whole(left: Buffer, right: Buffer, kind: DifferenceClass): void {
    if (kind !== 'encoding' && left.equals(right)) return;
    const rules = this.#rules.at('body');
    const isText = kind === 'value' && rules.scalars.length > 0;
    const near = isText ? rules.scalars[equate(rules.scalars, left.toString(), right.toString())] : undefined;
    const forgiving = rules.drop ?? near;
    if (forgiving) return this.#findings.forgive(forgiving, 'body');
    const [control, candidate] = [new Evidence('bytes', left), new Evidence('bytes', right)];
    this.#findings.differ('body', kind, control, candidate, rules.severityOf(kind));
  }
}

/** Bytes and how they are to be read. */
function isSameBody(control: Answer, candidate: Answer): boolean {
  const isSame = (name: string): boolean => headerValue(control.headers, name) === headerValue(candidate.headers, name);
  return control.body.equals(candidate.body) && isSame('content-encoding') && isSame('content-type');
}

function faultOf(reading: BodyReading): BodyFault | undefined {
  return 'fault' in reading ? reading.fault : undefined;
}

/** Of two, at least one of which there is. */
function worst(...faults: readonly (BodyFault | undefined)[]): BodyFault {
  return (['encoding', 'malformed'] as const).find((fault) => faults.includes(fault)) ?? 'too-large';
}
