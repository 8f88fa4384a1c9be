import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Setting } from '../shared/index.ts';
import { clientSettings, upSettings } from './settings.ts';

const page = readFileSync('docs/how-to-start.md', 'utf8');

function tableOf(settings: Record<string, Setting>): string {
  const rows = Object.entries(settings).map(([name, { type, help, default: value }]) => {
    const shown = value === undefined ? '**required**' : value === '' ? 'empty' : `\`${value}\``;
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return ['| variable | type | default | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** What stands on the page between `<!-- name -->` and `<!-- end -->`. */
function documented(name: string): string | undefined {
  return new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n?<!-- end -->`).exec(page)?.[1];
}

describe('the environment in docs/how-to-start.md', () => {
  it.each([
    ['upSettings', upSettings],
    ['clientSettings', clientSettings],
  ])('is the table of %s', (name, settings) => {
    expect(documented(name)).toBe(tableOf(settings));
  });
});
