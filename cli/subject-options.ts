import { readSubjects } from '../cutover/index.ts';
import type { SubjectOptions, WayOptions } from '../edge/index.ts';
import { describeProblems, settingsErrors, type Setting } from '../shared/index.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Way = ReturnType<typeof readSubjects>['ways'][number];

const needsSecret = (way: Way): boolean => way.way === 'session' && way.format === 'signed-user-id';

type SubjectTable = Record<'SESSION_SECRET' | 'BANYAN_IDENTITY_KEY' | 'BANYAN_EDGE_KEY' | 'BANYAN_PLANS', Setting>;

/** The settings table of a process with an edge in it, with all required that it needs to tell, and say, who calls. */
export function withSubjectSettings<T extends SubjectTable>(table: T, env: Env): T {
  const { ways, visitor } = readSubjects(env['BANYAN_PLANS'] || String(table.BANYAN_PLANS.default), env);
  const edge = visitor ? { BANYAN_EDGE_KEY: required(table.BANYAN_EDGE_KEY) } : {};
  const session = ways.some(needsSecret) ? { SESSION_SECRET: required(table.SESSION_SECRET) } : {};
  const identity = env['BANYAN_IDENTITY_KEYS'] ? {} : { BANYAN_IDENTITY_KEY: required(table.BANYAN_IDENTITY_KEY) };
  return { ...table, ...session, ...identity, ...edge };
}

function required({ type, minLength, help }: Setting): Setting {
  return { type, help, ...(minLength === undefined ? {} : { minLength }) };
}

/** Who calls, as the file beside the plans says, with the secrets it needs. */
export function subjectOptions(
  settings: { readonly BANYAN_PLANS: string; readonly SESSION_SECRET: string },
  env: Env,
): SubjectOptions {
  const { BANYAN_PLANS: folder, SESSION_SECRET: secret } = settings;
  const { ways, ...rest } = readSubjects(folder, env);
  if (ways.some(needsSecret) && secret === '') throw noSecret(folder);
  return { ...rest, ways: ways.map((way) => wayOptions(way, secret)) };
}

function wayOptions(way: Way, secret: string): WayOptions {
  return way.way === 'session' ? sessionOptions(way, secret) : way;
}

function sessionOptions({ format, ...rest }: Extract<Way, { way: 'session' }>, secret: string): WayOptions {
  return format === 'opaque' ? { ...rest, format } : { ...rest, format, secret };
}

function noSecret(folder: string): Error {
  const problem = {
    subject: 'SESSION_SECRET',
    value: 'empty',
    expected: `the secret legacy signs its session cookie with, because ${folder}/subjects.yaml has the format signed-user-id`,
    fix: 'set SESSION_SECRET',
  };
  return settingsErrors.error('SETTINGS_INVALID', { message: describeProblems([problem]) });
}
