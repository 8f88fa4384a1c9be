/**
 * The import table of the design: which files a file may import besides those of its own home. A door is a folder's
 * `index.ts`; `x/**` is every file below x.
 */
const TOOLKIT = ['edge', 'flags', 'cdc', 'cutover', 'service', 'shared'];
const EXAMPLE = ['legacy/**', 'extracted/**', 'migrations/**'];

const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  flags: doors('shared'),
  edge: doors('flags', 'shared'),
  cdc: doors('shared'),
  cutover: doors('edge', 'flags', 'cdc', 'shared'),
  // What a service uses of the toolkit inside its own process. Of the edge only the words both say: its door would load
  // the whole edge into a user's service.
  service: ['edge/shadow-writes/contract.ts', ...doors('shared')],
  cli: doors(...TOOLKIT, 'stack'),
  console: doors(...TOOLKIT),
  stack: doors('shared'),
  legacy: [],
  extracted: doors(...TOOLKIT),
  migrations: doors(...TOOLKIT),
  // How a user's own program uses the toolkit.
  examples: doors(...TOOLKIT),
  // A benchmark of one step measures the step itself, which no door shows.
  bench: [
    ...doors(...TOOLKIT, 'cli', 'stack'),
    'cdc/source/**',
    'cdc/tables/**',
    'edge/listen/**',
    'test/support/**',
    ...EXAMPLE,
  ],
  scripts: [...doors(...TOOLKIT, 'cli', 'stack'), ...EXAMPLE],
  // The conformance suite starts edges with the helpers the edge's own tests have; a soak walks cutover's model deeper.
  test: [...doors(...TOOLKIT, 'cli', 'stack'), 'edge/testing/**', 'cutover/testing/**', ...EXAMPLE],
};

/** What a test beside its source may use on top: a real server and the helpers around it. */
const FOR_TESTS = [...doors('stack'), 'test/support/index.ts'];

function doors(...folders: string[]): string[] {
  return folders.map((folder) => `${folder}/index.ts`);
}

/** The part of the tree whose files import each other freely: a folder, or one service, or one unit. */
export function homeOf(path: string): string {
  const [folder = '', inner = ''] = path.split('/');
  const isSplit = folder === 'extracted' || folder === 'migrations';
  return isSplit ? `${folder}/${inner}` : folder;
}

/** Tests, and what stands beside the source for their use alone. */
export function isTest(path: string): boolean {
  return /\.(test|contract|fixture|e2e)\.ts$/.test(path) || path.includes('/testing/');
}

/** Patterns of everything the file may import. */
export function allowedFor(path: string): string[] {
  const [folder = '', inner = ''] = path.split('/');
  const ownSchema = folder === 'extracted' ? [`migrations/${inner}/schema/**`] : [];
  const forTests = isTest(path) ? FOR_TESTS : [];
  return [...new Set([`${homeOf(path)}/**`, ...(FOLDERS[folder] ?? []), ...ownSchema, ...forTests])];
}

export function isAllowed(target: string, patterns: readonly string[]): boolean {
  return patterns.some((p) => (p.endsWith('/**') ? target.startsWith(p.slice(0, -2)) : p === target));
}

/** Only composition roots read the environment: `main.ts`, the command line, servers, tools and tests. */
export function mayReadEnvironment(path: string): boolean {
  return /^(cli|stack|bench|test|scripts|legacy)\//.test(path) || /(^|\/)main\.ts$/.test(path) || isTest(path);
}
