import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of this package, from its own package.json, whether it runs from sources or from a build. */
export function packageVersion(): string {
  const file = findPackageJSON(import.meta.url);
  const { version = 'unknown' } = file ? (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }) : {};
  return version;
}
