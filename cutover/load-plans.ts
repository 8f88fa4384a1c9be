import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import type { Mapping } from '../cdc/index.ts';
import { describeProblems, messageOf, type Problem } from '../shared/index.ts';
import { cutoverErrors } from './errors.ts';
import { checkPlans, type PlanFile } from './plan-rules.ts';
import { planSchema, type Plan } from './plan.ts';

/** A unit as its plan file declares it, and a digest of that file that the journal refers to. */
export interface DeclaredUnit {
  readonly plan: Plan;
  readonly digest: string;
}

/** A declared unit with its mapping. */
export interface Unit extends DeclaredUnit {
  readonly mapping: Mapping;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads `<folder>/<unit>/plan.yaml` and `mapping.ts` of every unit. `${NAME}` in a plan is replaced from `env`.
 * Throws PLAN_INVALID with all problems of all plans at once.
 */
export async function loadUnits(folder: string, env: Env): Promise<Unit[]> {
  const plans = readPlans(folder, env);
  return Promise.all(plans.map(async ({ file, plan, digest }) => ({ plan, digest, mapping: await loadMapping(file) })));
}

/**
 * The plans alone, validated. `withDatabases: false` leaves `service.database` as it is written: processes that never
 * talk to the databases need not be trusted with their passwords.
 */
export function readPlans(
  folder: string,
  env: Env,
  options: { readonly withDatabases?: boolean } = {},
): (PlanFile & DeclaredUnit)[] {
  const { withDatabases = true } = options;
  const problems: Problem[] = [];
  const files = planFiles(folder, problems).flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    const plan = parsePlan(file, source, { env, withDatabases }, problems);
    return plan ? [{ file, plan, digest: createHash('sha256').update(source).digest('hex') }] : [];
  });
  problems.push(...checkPlans(files));
  if (problems.length > 0) throw cutoverErrors.error('PLAN_INVALID', { message: describeProblems(problems) });
  return files;
}

function planFiles(folder: string, problems: Problem[]): string[] {
  const units = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  const files = units.map((entry) => join(folder, entry.name, 'plan.yaml')).filter((file) => existsSync(file));
  if (files.length === 0)
    problems.push({
      subject: folder,
      value: 'without any plan',
      expected: '<unit>/plan.yaml',
      fix: 'name the folder that holds the units',
    });
  return files.toSorted();
}

interface Expansion {
  readonly env: Env;
  readonly withDatabases: boolean;
}

function parsePlan(file: string, source: string, from: Expansion, problems: Problem[]): Plan | undefined {
  let tree: unknown;
  try {
    tree = expandPlan(parse(source), file, from, problems);
  } catch (error) {
    problems.push({ subject: file, value: 'not YAML', expected: 'a YAML document', fix: messageOf(error) });
    return undefined;
  }
  const result = planSchema.safeParse(tree);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    problems.push({
      subject: `${file}: ${issue.path.join('.') || 'plan'}`,
      value:
        issue.code === 'unrecognized_keys' ? `holding unknown keys ${issue.keys.join(', ')}` : shown(tree, issue.path),
      expected: issue.message,
      fix: 'see migrations/plan.schema.json',
    });
  }
  return undefined;
}

function shown(tree: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = tree;
  for (const key of path) at = at !== null && typeof at === 'object' ? Reflect.get(at, key) : undefined;
  return at === undefined ? 'missing' : JSON.stringify(at).slice(0, 80);
}

function expandPlan(written: unknown, file: string, { env, withDatabases }: Expansion, problems: Problem[]): unknown {
  const service = (written as { service?: { database?: unknown } } | null)?.service;
  if (withDatabases || typeof service?.database !== 'string') return expand(written, file, env, problems);
  const { database, ...rest } = service;
  const known = expand({ ...(written as object), service: rest }, file, env, problems) as { service: object };
  return { ...known, service: { ...known.service, database } };
}

/** Replaces `${NAME}` in every text of the tree. */
function expand(node: unknown, file: string, env: Env, problems: Problem[]): unknown {
  if (typeof node === 'string')
    return node.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, key: string) => fromEnv(key, file, env, problems));
  if (Array.isArray(node)) return node.map((item) => expand(item, file, env, problems));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, expand(value, file, env, problems)]));
}

function fromEnv(key: string, file: string, env: Env, problems: Problem[]): string {
  const value = env[key];
  if (value) return value;
  problems.push({
    subject: key,
    value: 'empty',
    expected: `a value, because ${file} uses \${${key}}`,
    fix: `set ${key}`,
  });
  return `\${${key}}`;
}

async function loadMapping(planFile: string): Promise<Mapping> {
  const file = resolve(planFile, '..', 'mapping.ts');
  try {
    const module: { default?: Mapping } = await import(pathToFileURL(file).href);
    if (module.default?.forward && module.default.inverse) return module.default;
  } catch (error) {
    throw cutoverErrors.error('MAPPING_INVALID', {
      message: `${file} does not load: ${messageOf(error)}`,
      cause: error,
    });
  }
  throw cutoverErrors.error('MAPPING_INVALID', { message: `${file} has no default export with forward and inverse` });
}
