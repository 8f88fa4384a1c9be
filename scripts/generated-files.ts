import { readFileSync, writeFileSync } from 'node:fs';
import { cdcErrors } from '../cdc/index.ts';
import { cliErrors } from '../cli/index.ts';
import { cutoverErrors, edgeFileJsonSchema, planJsonSchema, subjectsJsonSchema } from '../cutover/index.ts';
import { edgeErrors } from '../edge/index.ts';
import { flagErrors } from '../flags/index.ts';
import { serviceErrors } from '../service/index.ts';
import { settingsErrors, type ErrorDoc } from '../shared/index.ts';
import { stackErrors } from '../stack/index.ts';

/** Files made from the code: the page of error codes, and the schemas for editors. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsPage,
  'migrations/edge.schema.json': () => `${JSON.stringify(edgeFileJsonSchema(), null, 2)}\n`,
  'migrations/plan.schema.json': () => `${JSON.stringify(planJsonSchema(), null, 2)}\n`,
  'migrations/subjects.schema.json': () => `${JSON.stringify(subjectsJsonSchema(), null, 2)}\n`,
};

export function allErrorDocs(): Record<string, ErrorDoc> {
  const catalogues = [
    settingsErrors,
    flagErrors,
    edgeErrors,
    cdcErrors,
    cutoverErrors,
    cliErrors,
    serviceErrors,
    stackErrors,
  ];
  return Object.assign({}, ...catalogues.map((catalogue) => catalogue.docs)) as Record<string, ErrorDoc>;
}

function errorsPage(): string {
  const entries = Object.entries(allErrorDocs()).toSorted(([a], [b]) => a.localeCompare(b));
  const sections = entries.map(
    ([code, doc]) =>
      `## ${code}\n\n${doc.happened}\n\n- **When it is normal:** ${doc.normal}\n- **What to do:** ${doc.todo}\n- **Worth repeating unchanged:** ${doc.retriable ? 'yes' : 'no'}\n`,
  );
  return `# Error codes\n\nMade from the code by \`npm run generate\`.\n\n${sections.join('\n')}`;
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(generatedFiles)) writeFileSync(path, content());
}

/** Paths whose content no longer agrees with the code. */
export function outdatedFiles(): string[] {
  return Object.entries(generatedFiles).flatMap(([path, content]) => (readText(path) === content() ? [] : [path]));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
