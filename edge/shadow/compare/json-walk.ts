import type { CompiledRule } from '../rules/compiled-rule.ts';
import type { PathState } from '../rules/path-state.ts';
import { equate } from '../rules/scalar-rule.ts';
import { isScalar } from './canonical-text.ts';
import { compareLists } from './compare-lists.ts';
import { compareObjects } from './compare-objects.ts';
import type { DifferenceClass } from './difference.ts';
import { Evidence, missing, type EvidenceKind } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { IdMap } from './id-map.ts';
import { isSameText, JsonTape, LIST, NULL, NUMBER, OBJECT, STRING, type JsonLimits } from './json-tape.ts';
import type { KeyIndex } from './key-index.ts';
import { isSameNumber } from './scalars.ts';

/** What a walk over two answers shares with the walks into the strings inside them. */
export interface JsonWalkParts {
  readonly findings: Findings;
  readonly ids: IdMap;
  readonly index: KeyIndex;
  readonly limits: JsonLimits;
  /** A rule says that nothing equal may be passed over. */
  readonly seesAll: boolean;
  /** All differences of an error's body are of this class. */
  readonly onlyClass: DifferenceClass | undefined;
}

/**
 * Walks two tapes side by side. Where the bytes are the same nothing is looked at; where they are not the rules of the
 * place come in; only what they leave is a difference.
 */
export class JsonWalk {
  readonly control: JsonTape;
  readonly candidate: JsonTape;
  readonly parts: JsonWalkParts;
  /** Segments of the path from `$` to where the walk is. */
  readonly trail: string[];

  constructor(control: JsonTape, candidate: JsonTape, parts: JsonWalkParts, trail: string[] = ['$']) {
    this.control = control;
    this.candidate = candidate;
    this.parts = parts;
    this.trail = trail;
  }

  /** Two values, unless they are the same and no rule wants to see that. */
  compare(left: number, right: number, place: PathState): void {
    if (this.parts.seesAll || !this.isSame(left, right)) this.compareUnlike(left, right, place);
  }

  isSame(left: number, right: number): boolean {
    return (
      this.control.kind(left) === this.candidate.kind(right) && isSameText(this.control, left, this.candidate, right)
    );
  }

  differ(kind: DifferenceClass, left: number | undefined, right: number | undefined, place: PathState): void {
    const { findings, onlyClass = kind } = this.parts;
    const path = this.trail.join('');
    if (findings.isKnown(path, onlyClass)) return;
    const control = left === undefined ? missing : evidenceOf(this.control, left);
    const candidate = right === undefined ? missing : evidenceOf(this.candidate, right);
    findings.differ(path, onlyClass, control, candidate, place.rules.severityOf(onlyClass));
  }

  /** A value that only one side has. */
  differAlone(left: number | undefined, right: number | undefined, place: PathState): void {
    if (place.rules.drop) this.forgive(place.rules.drop);
    else this.differ(right === undefined ? 'missing' : 'extra', left, right, place);
  }

  forgive(rule: CompiledRule): void {
    this.parts.findings.forgive(rule, this.trail.join(''));
  }

  /** Two values that are known not to be written the same, or are to be seen all the same. */
  compareUnlike(left: number, right: number, place: PathState): void {
    if (!place.rules.isEmpty && this.#isSettled(left, right, place)) return;
    const kind = this.control.kind(left);
    const other = this.candidate.kind(right);
    if (kind === OBJECT && other === OBJECT) compareObjects(this, left, right, place);
    else if (kind === LIST && other === LIST) compareLists(this, left, right, place);
    else if (!this.parts.seesAll || !this.isSame(left, right)) this.#scalars(left, right, place);
  }

  /** True when a rule of this place leaves nothing more to compare. */
  #isSettled(left: number, right: number, place: PathState): boolean {
    const { drop, typeOnly, idMap, nested } = place.rules;
    if (drop) return this.#forgiveUnlessSame(drop, left, right);
    if (typeOnly && this.#isSameKind(left, right)) return this.#forgiveUnlessSame(typeOnly, left, right);
    if (idMap?.rule.rule === 'id-map') return this.#isMapped(idMap, idMap.rule.space, left, right, place);
    return nested?.rule.rule === 'nested' && this.#compareNested(nested.rule.as, left, right, place);
  }

  #forgiveUnlessSame(rule: CompiledRule, left: number, right: number): true {
    if (!this.isSame(left, right)) this.forgive(rule);
    return true;
  }

  /** False for what can be no id. */
  #isMapped(rule: CompiledRule, space: string, left: number, right: number, place: PathState): boolean {
    const kind = this.control.kind(left);
    if (kind !== this.candidate.kind(right) || !isScalar(kind) || kind === NULL) return false;
    const isKnown = this.parts.ids.agrees(space, this.control.text(left), this.candidate.text(right));
    if (isKnown) return this.#forgiveUnlessSame(rule, left, right);
    this.differ('value', left, right, place);
    return true;
  }

  /** False when either is no such string: then they are compared as they are. */
  #compareNested(as: 'json' | 'base64-json', left: number, right: number, place: PathState): boolean {
    const { limits } = this.parts;
    const [control, candidate] = [new JsonTape(), new JsonTape()];
    const isRead =
      readInner(control, this.control, left, as, limits) && readInner(candidate, this.candidate, right, as, limits);
    if (!isRead) return false;
    this.trail.push('.$');
    new JsonWalk(control, candidate, this.parts, this.trail).compare(0, 0, place.member('$'));
    this.trail.pop();
    return true;
  }

  #scalars(left: number, right: number, place: PathState): void {
    const { control, candidate } = this;
    const kind = control.kind(left);
    if (!this.#isSameKind(left, right)) {
      const isNull = kind === NULL || candidate.kind(right) === NULL;
      return this.differ(isNull ? 'value' : 'type', left, right, place);
    }
    const { scalars } = place.rules;
    if (kind === STRING && scalars.length === 0 && !control.isEscaped(left) && !candidate.isEscaped(right))
      return this.differ('value', left, right, place);
    const text = control.text(left);
    const other = candidate.text(right);
    if (text === other && kind === STRING) return; // Only escaped otherwise.
    const rule = scalars[equate(scalars, text, other)];
    if (rule) return this.forgive(rule);
    this.differ(kind === NUMBER && isSameNumber(text, other) ? 'notation' : 'value', left, right, place);
  }

  #isSameKind(left: number, right: number): boolean {
    return KINDS[this.control.kind(left)] === KINDS[this.candidate.kind(right)];
  }
}

/** By the tape's kinds. */
const KINDS: readonly EvidenceKind[] = ['missing', 'object', 'list', 'string', 'number', 'boolean', 'boolean', 'null'];

function evidenceOf(tape: JsonTape, node: number): Evidence {
  return new Evidence(KINDS[tape.kind(node)] ?? 'missing', tape.slice(node));
}

function readInner(
  inner: JsonTape,
  outer: JsonTape,
  node: number,
  as: 'json' | 'base64-json',
  limits: JsonLimits,
): boolean {
  if (outer.kind(node) !== STRING) return false;
  const bytes = Buffer.from(outer.text(node), as === 'json' ? 'utf8' : 'base64');
  return inner.read(bytes, limits) === undefined;
}
