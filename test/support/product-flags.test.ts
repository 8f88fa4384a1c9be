import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { flagsOf, productFlags } from './product-flags.ts';

const packageFile = join(import.meta.dirname, '..', '..', 'package.json');

it('the script of the package runs banyan with the flags of its command', () => {
  const { scripts } = JSON.parse(readFileSync(packageFile, 'utf8')) as { scripts: Record<string, string> };
  expect(flagsOf(scripts['banyan'] ?? '')).toEqual(productFlags());
  expect(productFlags()).toEqual([expect.stringMatching(/^--max-semi-space-size=\d+$/)]);
});
