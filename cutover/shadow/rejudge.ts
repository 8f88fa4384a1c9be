import { RuleBook, type ComparisonRule, type FieldCounts, type RouteCounts } from '../../edge/index.ts';

/** What counts become under other rules, without asking anybody anything. */
export interface Rejudged {
  readonly counts: RouteCounts;
  /** Places a rule may forgive, which only values can tell: they stay differences until new reads are mirrored. */
  readonly undecided: readonly string[];
}

type Ruling = { readonly kind: 'stays' | 'forgiven' | 'undecided' } | { readonly kind: 'minor' };
type Places = readonly ReturnType<RuleBook['at']>[];

const OF_VALUES = new Set<string>(['value', 'notation']);
const OF_ORDER = new Set<string>(['order']);
const SEGMENT = /\.\{key\}|\.([^.[\]]+)|\[\*\]/g;
/** A member no rule names. */
const ANY_KEY = '\u0000';

/** Takes out of the counts what the rules forgive. Rules that are there already have done their part. */
export function rejudge(counts: RouteCounts, rules: readonly ComparisonRule[], nowMs: number): Rejudged {
  const book = new RuleBook(rules, { route: counts.route, nowMs });
  const rulings = new Map(counts.fields.map((field) => [nameOf(field), rulingOn(book, field)]));
  const isOpen = (name: string): boolean => ['stays', 'undecided'].includes(rulings.get(name)?.kind ?? 'stays');
  const fields = counts.fields
    .filter((field) => rulings.get(nameOf(field))?.kind !== 'forgiven')
    .map((field) => (rulings.get(nameOf(field))?.kind === 'minor' ? { ...field, severity: 'minor' as const } : field));
  const undecided = counts.fields.filter((field) => rulings.get(nameOf(field))?.kind === 'undecided');
  return {
    counts: { ...counts, fields, mismatches: withOnly(counts.mismatches, isOpen) },
    undecided: undecided.map(({ path }) => path),
  };
}

function withOnly(mismatches: RouteCounts['mismatches'], isOpen: (name: string) => boolean): Record<string, number> {
  const left: Record<string, number> = {};
  for (const [combination, count] of Object.entries(mismatches)) {
    const open = combination.split('\n').filter(isOpen).join('\n');
    if (open) left[open] = (left[open] ?? 0) + count;
  }
  return left;
}

function rulingOn(book: RuleBook, { path, class: kind }: FieldCounts): Ruling {
  const places = placesOn(book, path);
  const own = places.at(-1);
  if (places.some(({ drop }) => drop) || (OF_VALUES.has(kind) && places.some(({ typeOnly }) => typeOnly)))
    return { kind: 'forgiven' };
  if (OF_ORDER.has(kind) && own?.list) return { kind: 'forgiven' };
  if (own?.severityOf(kind) === 'minor') return { kind: 'minor' };
  const mayForgive = OF_VALUES.has(kind) ? (own?.scalars.length ?? 0) > 0 || own?.idMap : own?.nullIsMissing;
  return { kind: mayForgive ? 'undecided' : 'stays' };
}

/** The rules at a path and at every place above it. */
function placesOn(book: RuleBook, path: string): Places {
  if (!path.startsWith('$')) return [book.at(path)];
  const states = [book.root];
  for (const [segment, name] of path.matchAll(SEGMENT)) {
    const state = states.at(-1) ?? book.root;
    states.push(segment === '[*]' ? state.element() : state.member(name ?? ANY_KEY));
  }
  return states.map(({ rules }) => rules);
}

function nameOf({ class: kind, path }: FieldCounts): string {
  return `${kind} ${path}`;
}
