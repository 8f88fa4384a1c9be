import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mapping } from '../cdc/index.ts';
import { describeProblems, messageOf, type Problem } from '../shared/index.ts';
import { cutoverErrors } from './errors.ts';
import { checkPlans, type PlanFile } from './plan-rules.ts';
import { planSchema, type Plan } from './plan.ts';
import { expand, parseYaml, type Env, type Reading } from './yaml-file.ts';

/** A unit as its plan file declares it, and a digest of that file that the journal refers to. */
export interface DeclaredUnit {
  readonly plan: Plan;
  readonly digest: string;
}

/** A declared unit with its mapping. */
export interface Unit extends DeclaredUnit {
  readonly mapping: Mapping;
}

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
    const expansion = withDatabases ? expand : expandWithoutDatabase;
    const reading = { file, env, problems };
    const plan = parseYaml(source, planSchema, 'migrations/plan.schema.json', reading, expansion);
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

/** Leaves `service.database` as it is written. */
function expandWithoutDatabase(written: unknown, reading: Reading): unknown {
  const service = (written as { service?: { database?: unknown } } | null)?.service;
  if (typeof service?.database !== 'string') return expand(written, reading);
  const { database, ...rest } = service;
  const known = expand({ ...(written as object), service: rest }, reading) as { service: object };
  return { ...known, service: { ...known.service, database } };
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
