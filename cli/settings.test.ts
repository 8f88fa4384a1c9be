import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Setting } from '../shared/index.ts';
import { clientSettings, controlSettings, edgeSettings, flagSettings, syncSettings, upSettings } from './settings.ts';

const start = readFileSync('docs/how-to-start.md', 'utf8');
const flags = readFileSync('docs/how-to-flags.md', 'utf8');
const distributed = readFileSync('docs/how-to-distributed.md', 'utf8');

function tableOf(settings: Record<string, Setting>): string {
  const rows = Object.entries(settings).map(([name, { type, help, default: value }]) => {
    const shown = value === undefined ? '**required**' : value === '' ? 'empty' : `\`${value}\``;
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return ['| variable | type | default | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** What stands on the page between `<!-- name -->` and `<!-- end -->`. */
function documented(page: string, name: string): string | undefined {
  return new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n?<!-- end -->`).exec(page)?.[1];
}

describe('the environment', () => {
  it.each([
    ['upSettings', upSettings],
    ['clientSettings', clientSettings],
  ])('in docs/how-to-start.md is the table of %s', (name, settings) => {
    expect(documented(start, name)).toBe(tableOf(settings));
  });

  it('in docs/how-to-flags.md is the table of flagSettings', () => {
    expect(documented(flags, 'flagSettings')).toBe(tableOf(flagSettings));
  });

  it.each([
    ['syncSettings', syncSettings],
    ['controlSettings', controlSettings],
    ['edgeSettings', edgeSettings],
  ])('in docs/how-to-distributed.md is the table of %s', (name, settings) => {
    expect(documented(distributed, name)).toBe(tableOf(settings));
  });
});
