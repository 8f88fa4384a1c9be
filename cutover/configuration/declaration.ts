import { join } from 'node:path';
import { describeProblems, type Problem } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import { checkPlans, type PlanFile } from '../plan/plan-rules.ts';
import { planSchema, type Plan } from '../plan/plan.ts';
import { expand, parseYaml, type Env, type Reading } from '../plan/yaml-file.ts';
import { digestOf, EDGE_FILE, readConfigurationFiles, type ConfigurationFile } from './configuration-file.ts';
import { edgeFileSchema, type EdgeFile } from './edge-file.ts';
import { checkTargets } from './target-rules.ts';

/** A unit as its plan file declares it, and a digest of that file that the journal refers to. */
export interface DeclaredUnit {
  readonly plan: Plan;
  readonly digest: string;
}

/** Everything that is declared in files, validated, with the environment filled in. */
export interface Declaration {
  readonly units: readonly (PlanFile & DeclaredUnit)[];
  readonly edge: EdgeFile;
  readonly files: readonly ConfigurationFile[];
}

export interface DeclarationOptions {
  /** Where the files came from, for messages. */
  readonly folder?: string;
  /** False leaves `service.database` as it is written: whoever never talks to it need not be trusted with its password. */
  readonly withDatabases?: boolean;
}

export function readDeclaration(folder: string, env: Env, options: DeclarationOptions = {}): Declaration {
  return parseDeclaration(readConfigurationFiles(folder), env, { folder, ...options });
}

/** Throws PLAN_INVALID with all problems of all files at once. `${NAME}` is replaced from `env`. */
export function parseDeclaration(
  files: readonly ConfigurationFile[],
  env: Env,
  { folder = '', withDatabases = true }: DeclarationOptions = {},
): Declaration {
  const problems: Problem[] = [];
  const reading = ({ name }: ConfigurationFile): Reading => ({ file: join(folder, name), env, problems });
  const expansion = withDatabases ? expand : expandWithoutDatabase;
  const plans = files.filter(({ name }) => name !== EDGE_FILE);
  if (plans.length === 0) problems.push(withoutPlan(folder));
  const units = plans.flatMap((file) => {
    const plan = parseYaml(file.text, planSchema, 'migrations/plan.schema.json', reading(file), expansion);
    return plan ? [{ file: join(folder, file.name), plan, digest: digestOf(file.text) }] : [];
  });
  const file = files.find(({ name }) => name === EDGE_FILE) ?? { name: EDGE_FILE, text: '{}' };
  const edge = parseYaml(file.text, edgeFileSchema, 'migrations/edge.schema.json', reading(file));
  problems.push(...checkPlans(units));
  if (edge)
    problems.push(
      ...checkTargets(
        units.map(({ plan }) => plan),
        edge,
      ),
    );
  if (!edge || problems.length > 0) throw cutoverErrors.error('PLAN_INVALID', { message: describeProblems(problems) });
  return { units, edge, files };
}

function withoutPlan(folder: string): Problem {
  return {
    subject: folder || 'the configuration',
    value: 'without any plan',
    expected: '<unit>/plan.yaml',
    fix: 'name the folder that holds the units',
  };
}

/** Leaves `service.database` as it is written. */
function expandWithoutDatabase(written: unknown, reading: Reading): unknown {
  const service = (written as { service?: { database?: unknown } } | null)?.service;
  if (typeof service?.database !== 'string') return expand(written, reading);
  const { database, ...rest } = service;
  const known = expand({ ...(written as object), service: rest }, reading) as { service: object };
  return { ...known, service: { ...known.service, database } };
}
