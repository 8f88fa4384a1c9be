import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeProblems, type Problem } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import { subjectsSchema, type Subjects } from './subjects.ts';
import { parseYaml, type Env } from './yaml-file.ts';

/** Reads `<folder>/subjects.yaml`, beside the plans. Throws SUBJECTS_INVALID with all problems at once. */
export function readSubjects(folder: string, env: Env): Subjects {
  const file = join(folder, 'subjects.yaml');
  const problems: Problem[] = [];
  const subjects = existsSync(file)
    ? parseYaml(readFileSync(file, 'utf8'), subjectsSchema, 'migrations/subjects.schema.json', { file, env, problems })
    : missing(file, problems);
  if (subjects) problems.push(...checkSubjects(file, subjects));
  if (subjects && problems.length === 0) return subjects;
  throw cutoverErrors.error('SUBJECTS_INVALID', { message: describeProblems(problems) });
}

function missing(file: string, problems: Problem[]): undefined {
  problems.push({
    subject: file,
    value: 'missing',
    expected: 'the ways to tell who a request belongs to',
    fix: 'write it as docs/how-to-subjects.md says',
  });
}

/** Combinations that look as if they did something. */
function checkSubjects(file: string, { ways, by, visitor }: Subjects): Problem[] {
  const names = ways.map((way) => (way.way === 'jwt' ? `jwt ${way.cookie ?? 'bearer'} ${way.issuer}` : nameOf(way)));
  const twice = names.filter((name, i) => names.indexOf(name) < i);
  const knowsTenants = ways.some((way) => way.way === 'api-key' || tenantOf(way) !== undefined);
  return [
    ...twice.map((name) => ({
      subject: `${file}: ways`,
      value: `naming ${name} twice`,
      expected: 'each way once',
      fix: 'take one out',
    })),
    ...(visitor && ways.some(isBare)
      ? [
          {
            subject: `${file}: visitor`,
            value: 'beside an opaque session that nobody is asked about',
            expected: 'one of the two to tell people apart who have no name',
            fix: 'give the session an introspection, or take one of the two out',
          },
        ]
      : []),
    ...(by === 'tenant' && !knowsTenants
      ? [{ subject: `${file}: by`, value: 'tenant', expected: 'a way that knows tenants', fix: 'name a tenantClaim' }]
      : []),
  ];
}

type Way = Subjects['ways'][number];

/** It tells no more than a visitor's cookie does. */
function isBare(way: Way): boolean {
  return way.way === 'session' && way.format === 'opaque' && way.introspection === undefined;
}

function nameOf(way: Exclude<Way, { way: 'jwt' }>): string {
  return way.way === 'session' ? `cookie ${way.cookie}` : `header ${way.header}`;
}

function tenantOf(way: Way): string | undefined {
  if (way.way === 'jwt') return way.tenantClaim;
  return way.way === 'session' ? way.introspection?.tenant : undefined;
}
