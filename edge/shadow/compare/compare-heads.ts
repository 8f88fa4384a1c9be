import { segmentOf } from '../rules/field-path.ts';
import { equate } from '../rules/scalar-rule.ts';
import type { RuleBook } from '../rules/rule-book.ts';
import type { Answer } from './answer.ts';
import type { DifferenceClass } from './difference.ts';
import { textEvidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import { mediaTypeOf } from './media-type.ts';
import { readCookies } from './set-cookie.ts';

/** Headers a client acts upon. Whatever else differs is the business of proxies and servers. */
export const COMPARED_HEADERS: readonly string[] = [
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'link',
  'location',
  'retry-after',
  'set-cookie',
  'www-authenticate',
];

interface Place {
  readonly path: string;
  readonly class: DifferenceClass;
}

/** Compares what stands in front of two bodies. */
export class HeadComparison {
  readonly #findings: Findings;
  readonly #rules: RuleBook;

  constructor(findings: Findings, rules: RuleBook) {
    this.#findings = findings;
    this.#rules = rules;
  }

  /** True when the rest of the answers is worth comparing: another outcome explains every other difference. */
  compareStatus(control: Answer, candidate: Answer): boolean {
    const [left, right] = [control.status, candidate.status];
    if (left === right) return true;
    const isOtherClass = Math.trunc(left / 100) !== Math.trunc(right / 100);
    this.#texts({ path: 'status', class: isOtherClass ? 'status-class' : 'status' }, String(left), String(right));
    return false;
  }

  compareHeaders(control: Answer, candidate: Answer, names: readonly string[]): void {
    for (const name of names) {
      if (name === 'set-cookie') this.#cookies(control, candidate);
      else this.#header(name, headerOf(control, name), headerOf(candidate, name));
    }
  }

  /** A content type in its plainest form. */
  #header(name: string, control: string | undefined, candidate: string | undefined): void {
    if (control === candidate) return;
    const plain = name === 'content-type' ? plainType : (value?: string): string | undefined => value;
    this.#texts(placeOf(name), plain(control), plain(candidate));
  }

  #cookies(control: Answer, candidate: Answer): void {
    const [left, right] = [readCookies(control.headers), readCookies(candidate.headers)];
    for (const name of new Set([...left.keys(), ...right.keys()]))
      this.#texts({ path: `cookie${segmentOf(name)}`, class: 'cookie' }, left.get(name), right.get(name));
  }

  #texts(place: Place, control: string | undefined, candidate: string | undefined): void {
    if (control === candidate) return;
    const rules = this.#rules.at(place.path);
    const forgiving = rules.drop ?? rules.scalars[equate(rules.scalars, control ?? '', candidate ?? '')];
    if (forgiving) return this.#findings.forgive(forgiving, place.path);
    const severity = rules.severityOf(place.class);
    this.#findings.differ(place.path, place.class, textEvidence(control), textEvidence(candidate), severity);
  }
}

function placeOf(name: string): Place {
  if (name === 'location') return { path: 'header.location', class: 'redirect' };
  if (name === 'content-type') return { path: 'header.content-type', class: 'content-type' };
  return { path: `header.${name}`, class: 'header' };
}

/** All lines of a name as one (RFC 9110, 5.2). */
function headerOf({ headers }: Answer, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const given = headers[i] ?? '';
    if (given.length !== name.length || given.toLowerCase() !== name) continue;
    value = value === undefined ? headers[i + 1] : `${value}, ${headers[i + 1]}`;
  }
  return value;
}

function plainType(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const { type, charset } = mediaTypeOf(value);
  return charset === undefined || charset === 'utf-8' ? type : `${type};charset=${charset}`;
}
