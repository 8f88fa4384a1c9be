import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of a unit's mapping that a change of the schema touches. */
export interface MappingLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The lines of a unit's mapping sources that name one of these columns or tables, as whole words. */
export function findMappingLines(folder: string, names: readonly string[]): MappingLine[] {
  if (names.length === 0) return [];
  const wanted = new RegExp(`(?<![\\w$])(?:${names.map(escapeText).join('|')})(?![\\w$])`);
  const files = readdirSync(folder).filter((file) => /\.[cm]?[jt]s$/.test(file) && !/\.test\./.test(file));
  return files.toSorted().flatMap((file) => linesOf(join(folder, file), wanted));
}

function linesOf(file: string, wanted: RegExp): MappingLine[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((text, i) => (wanted.test(text) ? [{ file, line: i + 1, text: text.trim() }] : []));
}

function escapeText(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
