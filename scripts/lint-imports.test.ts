import { describe, expect, it } from '@jest/globals';
import { violationsOf } from './lint-imports.ts';

const importing = (target: string): string => `import { x } from '${target}';\n`;
const count = (path: string, target: string): number => violationsOf(path, importing(target)).length;

describe('the import table', () => {
  it.each([
    ['edge/decide.ts', './match.ts'],
    ['edge/steps/decide.ts', '../match.ts'],
    ['edge/decide.ts', '../flags/index.ts'],
    ['cutover/gates.ts', '../cdc/index.ts'],
    ['cli/main.ts', '../stack/index.ts'],
    ['cdc/apply.int.test.ts', '../test/support/index.ts'],
    ['extracted/trips/main.ts', '../../shared/index.ts'],
    ['extracted/trips/main.ts', '../../migrations/trips/schema/index.ts'],
    ['migrations/trips/mapping.ts', 'banyan/cdc'],
    ['test/e2e/demo.e2e.ts', '../../legacy/main.ts'],
    ['edge/decide.ts', 'express'],
    ['cli/version.ts', '../package.json'],
  ])('lets %s import %s', (path, target) => {
    expect(count(path, target)).toBe(0);
  });

  it.each([
    ['edge/decide.ts', '../flags/bucket.ts'],
    ['edge/decide.ts', '../cdc/index.ts'],
    ['flags/bucket.ts', '../edge/index.ts'],
    ['cdc/apply.ts', '../migrations/trips/mapping.ts'],
    ['cdc/apply.ts', '../test/support/index.ts'],
    ['shared/log.ts', '../cdc/index.ts'],
    ['cutover/plan.ts', '../legacy/app.ts'],
    ['extracted/trips/main.ts', '../billing/main.ts'],
    ['extracted/trips/main.ts', 'banyan/stack'],
    ['legacy/app.ts', '../shared/index.ts'],
    ['legacy/traffic/main.ts', '../../shared/index.ts'],
    ['stack/mariadb.ts', '../cdc/index.ts'],
    ['test/e2e/demo.e2e.ts', '../../cdc/position.ts'],
  ])('stops %s from importing %s', (path, target) => {
    expect(count(path, target)).toBe(1);
  });

  it('names file, line, target and what would be allowed', () => {
    const source = `// one\nimport {\n  a,\n} from '../cdc/position.ts';\n`;
    expect(violationsOf('flags/a.ts', source)).toEqual([
      'flags/a.ts:2 imports cdc/position.ts; allowed: flags/**, shared/index.ts',
    ]);
  });

  const inner = '../cdc/a.ts';
  it.each([
    `import type { A } from '${inner}';`,
    `export * from '${inner}';`,
    `import '${inner}';`,
    `const a = await import('${inner}');`,
  ])('sees %s', (source) => {
    expect(violationsOf('flags/a.ts', source)).toHaveLength(1);
  });

  it('does not read comments', () => {
    expect(violationsOf('flags/a.ts', "/*\nimport '../cdc/a.ts';\n*/\n// import '../cdc/b.ts'")).toEqual([]);
  });
});

describe('the environment', () => {
  const reads = "const port = process.env['PORT'];";

  it.each(['extracted/trips/main.ts', 'cli/up.ts', 'stack/cache.ts', 'edge/forward.test.ts'])(
    'is open to %s',
    (path) => {
      expect(violationsOf(path, reads)).toEqual([]);
    },
  );

  it.each(['edge/decide.ts', 'extracted/trips/app.ts'])('is closed to %s', (path) => {
    expect(violationsOf(path, reads)).toHaveLength(1);
  });
});
