import { readFileSync } from 'node:fs';
import { declareErrors } from './errors.ts';
import { describeProblems, type Problem } from './problems.ts';

/** One row of a process's settings table. The environment variable is the row's key. */
export interface Setting {
  /** `urls` are one or more with commas, `ratio` is a number from 0 to 1, `pairs` is name=value with commas, `choices` are any of `oneOf` with commas. */
  readonly type: 'string' | 'number' | 'boolean' | 'url' | 'urls' | 'secret' | 'ratio' | 'pairs' | 'choice' | 'choices';
  /** Absent means required. */
  readonly default?: string | number | boolean;
  readonly unit?: string;
  /** Of a secret: shorter ones are refused. */
  readonly minLength?: number;
  /** Of a string: what it must look like. */
  readonly pattern?: RegExp;
  /** Of what is no secret by its type: its value is not shown either. */
  readonly isSecret?: boolean;
  /** Of a choice. */
  readonly oneOf?: readonly string[];
  readonly help: string;
}

type ValueOf<S extends Setting> = S['type'] extends 'number' | 'ratio'
  ? number
  : S['type'] extends 'boolean'
    ? boolean
    : S extends { readonly type: 'choice'; readonly oneOf: readonly (infer Choice)[] }
      ? Choice
      : string;
export type SettingsOf<T extends Record<string, Setting>> = { readonly [K in keyof T]: ValueOf<T[K]> };

export const settingsErrors = declareErrors({
  SETTINGS_INVALID: {
    happened: 'One or more settings of this process are missing or not of their type.',
    normal: 'On the first start of a new installation.',
    todo: 'Set every variable the message lists, then start again.',
  },
});

/**
 * Reads a settings table from `env`. `NAME_FILE` names a file that holds the value, for secrets.
 * Reports all problems at once; a secret's value never enters the message.
 */
export function readSettings<T extends Record<string, Setting>>(
  table: T,
  env: Readonly<Record<string, string | undefined>>,
): SettingsOf<T> {
  const problems: Problem[] = [];
  const entries = Object.entries(table).map(([name, setting]) => [name, readOne(name, setting, env, problems)]);
  if (problems.length > 0) throw settingsErrors.error('SETTINGS_INVALID', { message: describeProblems(problems) });
  return Object.fromEntries(entries) as SettingsOf<T>;
}

function readOne(
  name: string,
  setting: Setting,
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): string | number | boolean | undefined {
  const file = env[`${name}_FILE`];
  const raw = file ? readFileSync(file, 'utf8').trim() : env[name];
  if (raw === undefined || raw === '') {
    if (setting.default === undefined)
      problems.push({ subject: name, value: 'empty', expected: setting.help, fix: `set ${name}` });
    return setting.default;
  }
  const value = parse(setting, raw);
  if (value === undefined) {
    const shown = setting.type === 'secret' || setting.isSecret ? 'not usable' : `"${raw}"`;
    problems.push({
      subject: name,
      value: shown,
      expected: `a ${setting.type}: ${setting.help}`,
      fix: `change ${name}`,
    });
  }
  return value;
}

function parse(setting: Setting, raw: string): string | number | boolean | undefined {
  switch (setting.type) {
    case 'number':
      return Number.isFinite(Number(raw)) ? Number(raw) : undefined;
    case 'boolean':
      return raw === 'true' || raw === '1' ? true : raw === 'false' || raw === '0' ? false : undefined;
    case 'ratio':
      return Number(raw) >= 0 && Number(raw) <= 1 ? Number(raw) : undefined;
    case 'choice':
      return setting.oneOf?.includes(raw) ? raw : undefined;
    case 'choices':
      return raw.split(',').every((one) => setting.oneOf?.includes(one.trim())) ? raw : undefined;
    case 'pairs':
      return readPairs(raw) && raw;
    case 'url':
      return URL.canParse(raw) ? raw : undefined;
    case 'urls':
      return raw.split(',').every((one) => URL.canParse(one.trim())) ? raw : undefined;
    default:
      return raw.length >= (setting.minLength ?? 0) && (setting.pattern?.test(raw) ?? true) ? raw : undefined;
  }
}

/** `name=value` with commas between, as OpenTelemetry writes lists. Undefined when it is none. */
export function readPairs(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  const entries = pairs.map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair));
  if (entries.includes(null)) return undefined;
  return Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', entry?.[2] ?? '']));
}
