import { problemsOfRules, wrongPaths } from '../../edge/index.ts';
import type { Problem } from '../../shared/index.ts';
import type { Plan } from './plan.ts';

/** What no shape can say of how a unit's answers are compared. */
export function checkComparison(file: string, { apis, comparison }: Plan): Problem[] {
  const unknown = wrongPaths(comparison?.keep?.paths ?? []).map((path) => ({
    subject: `${file}: comparison.keep.paths`,
    value: path,
    expected: 'a field as reports name it, such as $.trips[*].fare',
    fix: 'correct the path',
  }));
  const reads = apis.filter(({ access }) => access === 'read').map(({ method, path }) => `${method} ${path}`);
  const wrong = problemsOfRules(comparison?.rules ?? [], new Set(reads)).map(({ rule, value, expected }) => ({
    subject: `${file}: comparison.rules.${rule}`,
    value,
    expected,
    fix: 'correct the rule, or take it out',
  }));
  return [...unknown, ...wrong];
}
