import { parse } from 'yaml';
import type { z } from 'zod';
import { messageOf, type Problem } from '../../shared/index.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What is known while a file is read, and where its problems go. */
export interface Reading {
  readonly file: string;
  readonly env: Env;
  readonly problems: Problem[];
}

/** A tree in which every `${NAME}` is replaced from the environment. */
export type Expansion = (tree: unknown, reading: Reading) => unknown;

/** The content of a YAML file by its schema; undefined when it has problems, all of which are added to the list. */
export function parseYaml<S extends z.ZodType>(
  source: string,
  schema: S,
  editorSchema: string,
  reading: Reading,
  expandTree: Expansion = expand,
): z.output<S> | undefined {
  const { file, problems } = reading;
  let tree: unknown;
  try {
    tree = expandTree(parse(source), reading);
  } catch (error) {
    problems.push({ subject: file, value: 'not YAML', expected: 'a YAML document', fix: messageOf(error) });
    return undefined;
  }
  const result = schema.safeParse(tree);
  if (result.success) return result.data;
  problems.push(...result.error.issues.map((issue) => problemOf(issue, tree, file, editorSchema)));
  return undefined;
}

function problemOf(issue: z.core.$ZodIssue, tree: unknown, file: string, editorSchema: string): Problem {
  return {
    subject: `${file}: ${issue.path.join('.') || 'the whole'}`,
    value:
      issue.code === 'unrecognized_keys' ? `holding unknown keys ${issue.keys.join(', ')}` : shown(tree, issue.path),
    expected: issue.message,
    fix: `see ${editorSchema}`,
  };
}

function shown(tree: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = tree;
  for (const key of path) at = at !== null && typeof at === 'object' ? Reflect.get(at, key) : undefined;
  return at === undefined ? 'missing' : JSON.stringify(at).slice(0, 80);
}

/** Replaces `${NAME}` in every text of the tree. */
export function expand(node: unknown, reading: Reading): unknown {
  if (typeof node === 'string')
    return node.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, key: string) => fromEnv(key, reading));
  if (Array.isArray(node)) return node.map((item) => expand(item, reading));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, expand(value, reading)]));
}

function fromEnv(key: string, { file, env, problems }: Reading): string {
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
