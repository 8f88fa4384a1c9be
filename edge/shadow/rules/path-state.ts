import { PlaceRules, type CompiledRule } from './compiled-rule.ts';
import type { Step } from './field-path.ts';

/** A rule and how many of its steps are already walked. */
interface Reach {
  readonly rule: CompiledRule;
  readonly steps: readonly Step[];
  readonly walked: number;
}

type Walk = string | typeof EACH_ELEMENT | typeof OTHER_MEMBER;
const EACH_ELEMENT = Symbol('element');
/** A member that no rule names. */
const OTHER_MEMBER = Symbol('member');

/**
 * Which rules hold at a place, and from there on: one state of an automaton over paths, its successors found once and
 * kept. Walking costs a look into a map, and nothing below a place no rule can reach.
 */
export class PathState {
  readonly rules: PlaceRules;
  /** No rule holds here or anywhere below. */
  readonly isDead: boolean;
  readonly #reaches: readonly Reach[];
  readonly #known: Map<string, PathState>;
  readonly #named = new Map<string, PathState>();
  readonly #names: ReadonlySet<string>;
  #other: PathState | undefined;
  #each: PathState | undefined;

  private constructor(reaches: readonly Reach[], known: Map<string, PathState>) {
    this.#reaches = reaches;
    this.#known = known;
    this.rules = new PlaceRules(reaches.filter(isThere).map(({ rule }) => rule));
    this.isDead = reaches.length === 0;
    this.#names = new Set(reaches.flatMap(({ steps, walked }) => namesIn(steps[walked])));
  }

  /** The state at `$`. */
  static start(rules: readonly { readonly rule: CompiledRule; readonly steps: readonly Step[] }[]): PathState {
    const reaches = rules.map(({ rule, steps }) => ({ rule, steps, walked: 0 }));
    return PathState.#of(reaches, new Map());
  }

  static #of(reaches: readonly Reach[], known: Map<string, PathState>): PathState {
    const all = unique(reaches.flatMap(withSkippedDepth));
    const key = all.map(({ rule, walked }) => `${rule.index}/${walked}`).join(' ');
    const state = known.get(key) ?? new PathState(all, known);
    known.set(key, state);
    return state;
  }

  member(key: string): PathState {
    if (this.isDead) return this;
    if (!this.#names.has(key)) return (this.#other ??= this.#after(OTHER_MEMBER));
    const known = this.#named.get(key) ?? this.#after(key);
    this.#named.set(key, known);
    return known;
  }

  element(): PathState {
    return this.isDead ? this : (this.#each ??= this.#after(EACH_ELEMENT));
  }

  #after(walk: Walk): PathState {
    const reaches = this.#reaches.flatMap((reach) => {
      const step = reach.steps[reach.walked];
      if (step === 'deep') return [reach];
      return isTaken(step, walk) ? [{ ...reach, walked: reach.walked + 1 }] : [];
    });
    return PathState.#of(reaches, this.#known);
  }
}

function isThere({ steps, walked }: Reach): boolean {
  return walked === steps.length;
}

function isTaken(step: Step | undefined, walk: Walk): boolean {
  if (step === undefined) return false;
  if (walk === EACH_ELEMENT) return step === 'each';
  return step === 'any' || (typeof step === 'object' && step.name === walk);
}

/** Any depth may be none. */
function withSkippedDepth(reach: Reach): Reach[] {
  return reach.steps[reach.walked] === 'deep' ? [reach, { ...reach, walked: reach.walked + 1 }] : [reach];
}

function unique(reaches: readonly Reach[]): Reach[] {
  return [...new Map(reaches.map((reach) => [`${reach.rule.index}/${reach.walked}`, reach])).values()];
}

function namesIn(step: Step | undefined): string[] {
  return typeof step === 'object' ? [step.name] : [];
}
