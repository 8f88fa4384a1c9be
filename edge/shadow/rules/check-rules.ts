import { parseFieldPath } from './field-path.ts';
import type { ComparisonRule } from './rule.ts';

/** What is wrong with a rule, and what is expected in its place. */
export interface RuleProblem {
  /** Its place in the list. */
  readonly rule: number;
  readonly value: string;
  readonly expected: string;
}

const OUTSIDE_BODIES = /^(status|body|header\.[a-z0-9-]+|cookie\.[^\s.]+)$/;

/** Rules that only make sense where there are fields. */
const OF_FIELDS = new Set<ComparisonRule['rule']>([
  'type-only',
  'null-is-missing',
  'by-key',
  'multiset',
  'id-map',
  'nested',
  'map',
]);

/** All problems of all rules; an expired rule is none of them: it is reported while Banyan runs. */
export function problemsOfRules(rules: readonly ComparisonRule[], routes: ReadonlySet<string>): RuleProblem[] {
  return rules.flatMap((rule, index) =>
    [routeProblem(rule, routes), pathProblem(rule), widthProblem(rule), patternProblem(rule)]
      .filter((problem) => problem !== undefined)
      .map((problem) => ({ rule: index, ...problem })),
  );
}

/** Paths that no difference is named by. */
export function wrongPaths(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const steps = parseFieldPath(path);
    return steps ? path.includes('..') || path.endsWith('.*') || path.includes('.*.') : !OUTSIDE_BODIES.test(path);
  });
}

type Problem = Omit<RuleProblem, 'rule'> | undefined;

function routeProblem({ route }: ComparisonRule, routes: ReadonlySet<string>): Problem {
  if (route === undefined || routes.has(route)) return undefined;
  return { value: `for ${route}`, expected: 'a route of the unit that is read, such as GET /api/trips' };
}

function pathProblem({ path, rule }: ComparisonRule): Problem {
  if (parseFieldPath(path)) return undefined;
  if (!OUTSIDE_BODIES.test(path))
    return { value: `at ${path}`, expected: '$.items[*].price, $..updatedAt, status, header.x, cookie.x or body' };
  return OF_FIELDS.has(rule) ? { value: `${rule} at ${path}`, expected: 'a field path, such as $.items' } : undefined;
}

/** Whoever drops the whole answer compares nothing, and is told that all is well. */
function widthProblem({ path, rule }: ComparisonRule): Problem {
  const steps = parseFieldPath(path);
  const isAll = path === 'status' || path === 'body' || steps?.every((step) => step === 'deep' || step === 'any');
  const hides = rule === 'drop' || rule === 'type-only';
  return hides && isAll
    ? { value: `${rule} at ${path}`, expected: 'a path that leaves something to compare' }
    : undefined;
}

function patternProblem(rule: ComparisonRule): Problem {
  if (rule.rule !== 'mask') return undefined;
  try {
    const matchesNothing = new RegExp(`^(?:${rule.pattern})$`, 'u').test('');
    return matchesNothing ? { value: `pattern ${rule.pattern}`, expected: 'one that needs a character' } : undefined;
  } catch {
    return { value: `pattern ${rule.pattern}`, expected: 'a regular expression of JavaScript, with flag u' };
  }
}
