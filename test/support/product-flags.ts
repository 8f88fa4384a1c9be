import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const command = join(import.meta.dirname, '..', '..', 'cli', 'banyan.mjs');

/** The flags of Node that `banyan` runs with, as the first line of its command says them. */
export function productFlags(): string[] {
  const [first = ''] = readFileSync(command, 'utf8').split('\n', 1);
  return flagsOf(first.replace('#!/usr/bin/env -S ', ''));
}

/** What stands between `node` and the program. */
export function flagsOf(commandLine: string): string[] {
  const [, ...words] = commandLine.split(' ');
  return words.filter((word) => word.startsWith('--'));
}
