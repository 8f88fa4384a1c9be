import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { allowedFor, isAllowed, mayReadEnvironment } from './import-table.ts';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.banyan']);
const COMMENT_OR_STRING = /\/\*[^]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
const IMPORTS = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(?<target>[^'"]+)\1/gm,
  /^\s*import\s*(['"])(?<target>[^'"]+)\1/gm,
  /\b(?:import|require)\(\s*(['"])(?<target>[^'"]+)\1/gm,
];
const ENVIRONMENT = /\bprocess(?:\.env\b|\[['"]env['"]\])|\benv\b[^;]*\bfrom\s*['"](?:node:)?process['"]/g;

/** Every breach of the import table in one file, as lines a terminal can jump to. */
export function violationsOf(path: string, source: string): string[] {
  const code = withoutComments(source);
  return [...importViolations(path, code), ...environmentViolations(path, code)];
}

function importViolations(path: string, code: string): string[] {
  const allowed = allowedFor(path);
  const found = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)]);
  return found.flatMap((match) => {
    const target = resolveOurs(path, match.groups?.['target'] ?? '');
    if (target === undefined || isAllowed(target, allowed)) return [];
    const line = lineAt(code, match.index + match[0].search(/\S/));
    return [`${path}:${line} imports ${target}; allowed: ${allowed.join(', ')}`];
  });
}

function environmentViolations(path: string, code: string): string[] {
  if (mayReadEnvironment(path)) return [];
  return [...code.matchAll(ENVIRONMENT)].map(
    (match) =>
      `${path}:${lineAt(code, match.index)} imports process.env; allowed: only in main.ts files, cli/, stack/, bench/, test/, scripts/, legacy/ and tests`,
  );
}

/** The path of one of our files, or undefined for a package. `banyan/cdc` is the published name of a door. */
function resolveOurs(path: string, target: string): string | undefined {
  if (target.startsWith('.')) {
    const resolved = normalize(join(dirname(path), target));
    return resolved.includes('/') ? resolved : undefined;
  }
  return target.startsWith('banyan/') ? `${target.slice('banyan/'.length)}/index.ts` : undefined;
}

/** The same text with comments blanked out, so that line numbers stay. */
function withoutComments(source: string): string {
  return source.replace(COMMENT_OR_STRING, (token) =>
    token.startsWith('/') ? token.replaceAll(/[^\n]/g, ' ') : token,
  );
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Every TypeScript file below `root`, as paths relative to it. */
function sourcesBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesBelow(root, path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const found = sourcesBelow(root).flatMap((path) => violationsOf(path, readFileSync(join(root, path), 'utf8')));
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
}
