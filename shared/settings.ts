import { readFileSync } from 'node:fs';
import { declareErrors } from './errors.ts';
import { describeProblems, type Problem } from './problems.ts';

/** One row of a process's settings table. The environment variable is the row's key. */
export interface Setting {
  readonly type: 'string' | 'number' | 'boolean' | 'url' | 'secret';
  /** Absent means required. */
  readonly default?: string | number | boolean;
  readonly unit?: string;
  /** Of a secret: shorter ones are refused. */
  readonly minLength?: number;
  readonly help: string;
}

type ValueOf<S extends Setting> = S['type'] extends 'number' ? number : S['type'] extends 'boolean' ? boolean : string;
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
    const shown = setting.type === 'secret' ? 'not usable' : `"${raw}"`;
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
    case 'url':
      return URL.canParse(raw) ? raw : undefined;
    default:
      return raw.length >= (setting.minLength ?? 0) ? raw : undefined;
  }
}
