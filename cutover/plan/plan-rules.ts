import type { Problem } from '../../shared/index.ts';
import { checkComparison } from './comparison-rules.ts';
import { checkOwnerKey } from './owner-key-rules.ts';
import type { Plan } from './plan.ts';

/** A plan and the file it came from. */
export interface PlanFile {
  readonly file: string;
  readonly plan: Plan;
}

/** What no schema can say: rules inside one plan and between plans. Returns all problems at once. */
export function checkPlans(files: readonly PlanFile[]): Problem[] {
  return [
    ...files.flatMap(({ file, plan }) => [
      ...checkLimits(file, plan),
      ...checkLadder(file, plan),
      ...checkAccess(file, plan),
      ...checkApprovals(file, plan),
      ...checkRamp(file, plan),
      ...checkMarks(file, plan),
      ...checkComparison(file, plan),
      ...checkShadowWrites(file, plan),
      ...checkOwnerKey(file, plan),
    ]),
    ...claimedTwice(files, 'unit', (plan) => [plan.unit]),
    ...claimedTwice(files, 'legacy table', (plan) => tablesOf(plan, 'legacy')),
    ...claimedTwice(files, 'service table', (plan) => tablesOf(plan, 'service')),
    ...claimedTwice(files, 'route', routesOf),
  ];
}

function tablesOf(plan: Plan, side: 'legacy' | 'service'): string[] {
  const { schema, tables } = plan.dataOwnership[side];
  return tables.map((table) =>
    side === 'legacy' ? `${schema}.${table}` : `${plan.service.database} ${schema}.${table}`,
  );
}

/** Two templates that differ only in parameter names are the same route. */
function routesOf(plan: Plan): string[] {
  return [...plan.apis, ...plan.dependents].map(
    (route) => `${route.method} ${route.path.replaceAll(/\{[^}]*\}/g, '{}')}`,
  );
}

function claimedTwice(files: readonly PlanFile[], what: string, claims: (plan: Plan) => string[]): Problem[] {
  const first = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { file, plan } of files) {
    for (const claim of claims(plan)) {
      const other = first.get(claim);
      if (other === undefined) first.set(claim, file);
      else problems.push(twice(what, claim, file, other));
    }
  }
  return problems;
}

function twice(what: string, claim: string, file: string, other: string): Problem {
  return {
    subject: `${what} ${claim}`,
    value: file === other ? `named twice in ${file}` : `claimed by ${other} and ${file}`,
    expected: 'to belong to exactly one unit',
    fix: 'remove it from one of them',
  };
}

function checkLimits(file: string, plan: Plan): Problem[] {
  const known = new Set(plan.apis.map((api) => `${api.method} ${api.path}`));
  return plan.limits
    .filter((limit) => !known.has(`${limit.method} ${limit.path}`))
    .map((limit) => ({
      subject: `${file}: limits`,
      value: `for ${limit.method} ${limit.path}, which is in no api of the unit`,
      expected: 'a route named under apis',
      fix: 'correct the path, or add the route under apis',
    }));
}

function checkLadder(file: string, plan: Plan): Problem[] {
  const highest = new Map<string, number>();
  const problems: Problem[] = [];
  for (const { cohort = 'everyone', percent } of plan.rollout.ladder) {
    if (percent <= (highest.get(cohort) ?? 0)) {
      problems.push({
        subject: `${file}: rollout.ladder`,
        value: `${percent} % for ${cohort} after ${highest.get(cohort)} %`,
        expected: 'rungs that only grow for each cohort',
        fix: 'order the rungs upwards',
      });
    }
    highest.set(cohort, percent);
  }
  return problems;
}

function checkAccess(file: string, plan: Plan): Problem[] {
  const safe = new Set(['GET', 'HEAD', 'OPTIONS']);
  return plan.apis
    .filter((api) => safe.has(api.method) !== (api.access === 'read'))
    .map((api) => ({
      subject: `${file}: ${api.method} ${api.path}`,
      value: `access ${api.access}`,
      expected: safe.has(api.method) ? 'read, because the method is safe' : 'write, because the method is not safe',
      fix: 'change access, or the method',
    }));
}

/** Who acts does not count: a plan that needs all of few approvers could not be moved by any of them. */
function checkApprovals(file: string, { approvals, retirement }: Plan): Problem[] {
  if (!approvals) return [];
  const { approvers, needed } = approvals;
  const problem = (value: string, expected: string, fix: string): Problem => ({
    subject: `${file}: approvals`,
    value,
    expected,
    fix,
  });
  const repeated = (values: readonly string[]): string[] => values.filter((value, i) => values.indexOf(value) < i);
  return [
    ...repeated(approvers.map(({ name }) => name)).map((name) => problem(`${name} twice`, 'a name once', 'leave one')),
    ...repeated(approvers.map(({ key }) => key)).map((key) =>
      problem(`the key ${key} twice`, 'a key of their own for everybody', 'make one with: banyan approver-key <file>'),
    ),
    ...repeated(needed.map(({ before }) => before)).map((step) => problem(`${step} twice`, 'a step once', 'leave one')),
    ...needed
      .filter(({ count }) => count > approvers.length)
      .map(({ before, count }) =>
        problem(`${count} for ${before}, of ${approvers.length} approvers`, 'at least as many approvers', 'name more'),
      ),
    ...needed
      .filter(({ before }) => before === 'retire' && !retirement)
      .map(() => problem('retire, which this plan has no retirement for', 'a step it can take', 'add retirement')),
  ];
}

/** What a plan says about marks has to mean something. */
function checkMarks(file: string, plan: Plan): Problem[] {
  const nameless = plan.apis.filter(({ id, path }) => id !== undefined && !path.includes(`{${id}}`));
  const idle = plan.apis.filter(({ access, settleMs }) => access === 'read' && settleMs !== undefined);
  return [
    ...nameless.map(({ method, path, id }) => ({
      subject: `${file}: ${method} ${path}`,
      value: `id ${id}`,
      expected: 'a parameter of the path',
      fix: 'name one of its parameters, or leave id out',
    })),
    ...idle.map(({ method, path, settleMs }) => ({
      subject: `${file}: ${method} ${path}`,
      value: `settleMs ${settleMs}`,
      expected: 'none, because a read writes nothing',
      fix: 'leave settleMs out',
    })),
  ];
}

/** Nobody watches while it climbs: it must be able to tell that a rung does harm. */
function checkRamp(file: string, { ramp, gates }: Plan): Problem[] {
  if (!ramp || gates.errors) return [];
  const expected = 'gates.errors beside it, by which it goes down again';
  return [{ subject: `${file}: ramp`, value: 'without gates.errors', expected, fix: 'add gates.errors' }];
}

/** A write that is rehearsed needs somebody who may, and a way to find what legacy did. */
function checkShadowWrites(file: string, plan: Plan): Problem[] {
  const { apis, service, effects, dataOwnership } = plan;
  const rehearsed = apis.filter(({ shadow }) => shadow === 'dry-run');
  const routes = new Set(rehearsed.map(({ method, path }) => `${method} ${path}`));
  const problem = (subject: string, value: string, expected: string, fix: string): Problem => ({
    subject: `${file}: ${subject}`,
    value,
    expected,
    fix,
  });
  return [
    ...apis
      .filter(({ access, shadow }) => access === 'read' && shadow !== undefined)
      .map(({ method, path }) =>
        problem(`${method} ${path}`, 'shadow', 'none: reads are mirrored', 'leave shadow out'),
      ),
    ...apis
      .filter(({ shadow, created }) => shadow !== 'dry-run' && created !== undefined)
      .map(({ method, path }) => problem(`${method} ${path}`, 'created', 'shadow: dry-run beside it', 'add it')),
    ...rehearsed
      .filter(({ path, created }) => created === undefined && !path.includes('{'))
      .map(({ method, path }) =>
        problem(`${method} ${path}`, 'no created', 'where the answer names the row', 'add created: $.id'),
      ),
    ...(rehearsed.length > 0 && service.dryRunUser === undefined
      ? [problem('service.dryRunUser', 'not set', 'a user that the fence lets through', 'name the user of dry runs')]
      : []),
    ...(effects?.calls ?? [])
      .filter(({ route }) => !routes.has(route))
      .map(({ route }) => problem('effects.calls', route, 'a route with shadow: dry-run', 'correct the route')),
    ...(effects?.rules ?? [])
      .filter(({ column }) => ![...dataOwnership.service.tables, '*'].includes(column.split('.')[0] ?? ''))
      .map(({ column }) => problem('effects.rules', column, 'a table of the service', 'correct the table')),
  ];
}
