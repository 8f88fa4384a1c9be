// One configuration, three selections: `npm run test:unit` (no servers), `test:int` and `test:e2e` (real servers).
const swc = {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

export default {
  roots: [
    'bench',
    'cdc',
    'cli',
    'cutover',
    'edge',
    'examples',
    'extracted',
    'flags',
    'legacy',
    'migrations',
    'scripts',
    'service',
    'shared',
    'stack',
    'test',
  ].map((folder) => `<rootDir>/${folder}`),
  testRegex: '\\.(test|int\\.test|e2e)\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testTimeout: 120_000,
  maxWorkers: 2,
};
