import {
  cutoverErrors,
  parseDeclaration,
  restartsNeeded,
  type ConfigurationOrder,
  type Declaration,
} from '../cutover/index.ts';
import type { Edge } from '../edge/index.ts';
import { describeProblems, messageOf } from '../shared/index.ts';
import { edgeConfiguration, type ConfigurationSettings } from './edge-configuration.ts';

export interface FollowerParts {
  readonly edge: Edge;
  readonly settings: ConfigurationSettings;
  /** What the edge was started with. */
  readonly declaration: Declaration;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly withDatabases: boolean;
}

/** Has an edge take up the configurations that control tells, filled in from the environment of this process. */
export class ConfigurationFollower {
  readonly #parts: FollowerParts;
  #current: Declaration;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#current = parts.declaration;
  }

  /** Answers why the edge stays as it is, if it does. */
  take({ files, revision, purpose }: ConfigurationOrder): string | undefined {
    const { edge, settings, env, withDatabases } = this.#parts;
    let next = this.#current;
    const changes = (): ReturnType<typeof edgeConfiguration> => {
      next = parseDeclaration(files, env, { withDatabases });
      const problems = restartsNeeded(this.#current, next);
      if (problems.length > 0)
        throw cutoverErrors.error('CONFIGURATION_REFUSED', { message: describeProblems(problems) });
      return edgeConfiguration(settings, next);
    };
    try {
      edge.reload(changes, { revision, purpose });
    } catch (error) {
      return messageOf(error);
    }
    if (purpose === 'apply') this.#current = next;
    return undefined;
  }
}
