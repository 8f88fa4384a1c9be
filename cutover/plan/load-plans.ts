import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mapping } from '../../cdc/index.ts';
import { messageOf } from '../../shared/index.ts';
import { readDeclaration, type Declaration, type DeclaredUnit } from '../configuration/declaration.ts';
import { cutoverErrors } from '../errors.ts';
import type { Env } from './yaml-file.ts';

/** A declared unit with its mapping. */
export interface Unit extends DeclaredUnit {
  readonly mapping: Mapping;
}

/**
 * Reads `<folder>/<unit>/plan.yaml` and `mapping.ts` of every unit. `${NAME}` in a plan is replaced from `env`.
 * Throws PLAN_INVALID with all problems of all plans at once.
 */
export async function loadUnits(folder: string, env: Env): Promise<Unit[]> {
  return loadMappings(readDeclaration(folder, env));
}

/** The declared units with their mappings, which lie beside the plans. */
export async function loadMappings({ units }: Pick<Declaration, 'units'>): Promise<Unit[]> {
  return Promise.all(units.map(async ({ file, plan, digest }) => ({ plan, digest, mapping: await loadMapping(file) })));
}

async function loadMapping(planFile: string): Promise<Mapping> {
  const file = resolve(planFile, '..', 'mapping.ts');
  try {
    const module: { default?: Mapping } = await import(pathToFileURL(file).href);
    if (module.default?.forward && module.default.inverse) return module.default;
  } catch (error) {
    throw cutoverErrors.error('MAPPING_INVALID', {
      message: `${file} does not load: ${messageOf(error)}`,
      cause: error,
    });
  }
  throw cutoverErrors.error('MAPPING_INVALID', { message: `${file} has no default export with forward and inverse` });
}
