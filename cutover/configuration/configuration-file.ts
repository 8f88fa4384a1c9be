import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of a configuration as it is written: nothing filled in, so that it holds no secret of any process. */
export interface ConfigurationFile {
  /** Within the folder of the plans: `trips/plan.yaml`, `edge.yaml`. */
  readonly name: string;
  readonly text: string;
}

export const EDGE_FILE = 'edge.yaml';

/** `<unit>/plan.yaml` of every unit, and `edge.yaml` where there is one, by name. */
export function readConfigurationFiles(folder: string): ConfigurationFile[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const plans = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.name, 'plan.yaml'));
  return [...plans, EDGE_FILE]
    .filter((name) => existsSync(join(folder, name)))
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The same for the same files, whoever read them. */
export function digestOfFiles(files: readonly ConfigurationFile[]): string {
  return digestOf(JSON.stringify(files.map(({ name, text }) => [name, text])));
}
