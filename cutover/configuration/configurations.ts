import { randomUUID } from 'node:crypto';
import { describeProblems, messageOf, type Log } from '../../shared/index.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { ControlStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { Env } from '../plan/yaml-file.ts';
import { changedParts } from './changed-parts.ts';
import { digestOfFiles, readConfigurationFiles, type ConfigurationFile } from './configuration-file.ts';
import type { ConfigurationOrder, EdgeConfigured } from './configuration-order.ts';
import { parseDeclaration, type Declaration } from './declaration.ts';
import { lostRoutes, restartsNeeded } from './restart-rules.ts';

export interface ConfigurationParts {
  /** As this process was started. */
  readonly declaration: Declaration;
  /** Where the files are. */
  readonly folder: string;
  readonly env: Env;
  readonly store: Pick<ControlStore, 'latestConfiguration' | 'noteConfiguration'>;
  readonly edges: Pick<EdgeGroup, 'configure'>;
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly withDatabases: boolean;
  readonly log: Log;
}

export interface Reload {
  readonly outcome: 'applied' | 'unchanged' | 'would-apply';
  readonly revision: number;
  /** Places, not values: `trips: service.url`. */
  readonly changes: readonly string[];
  readonly edges: readonly EdgeConfigured[];
}

const TRY_MS = 2_000;
const APPLY_MS = 2_000;

/**
 * The configuration all edges have: the files of this process at its start, and then as of the last reload. A reload is
 * tried at every edge before any of them takes it up, and is in the journal before that. A bad one changes nothing.
 */
export class Configurations {
  readonly #parts: ConfigurationParts;
  #current: Declaration;
  #revision = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
    this.#current = parts.declaration;
  }

  get current(): Declaration {
    return this.#current;
  }

  get revision(): number {
    return this.#revision;
  }

  /** A start with other files than before is a change like any other. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    const last = await store.latestConfiguration();
    const digest = digestOfFiles(this.#current.files);
    this.#revision = last?.revision ?? 0;
    if (last?.digest !== digest)
      await this.#note(digest, { who: 'banyan', reason: 'files at the start' }, { from: last?.digest ?? null });
    await this.#tell('apply', this.#current.files, 0);
  }

  /** One at a time. Throws with everything that is wrong, and nothing has changed then. */
  reload(intent: Intent): Promise<Reload> {
    const turn = this.#running.then(() => this.#attempt(intent));
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #attempt(intent: Intent): Promise<Reload> {
    if (!intent.reason.trim() && !intent.dryRun)
      throw cutoverErrors.error('REASON_MISSING', { message: 'no reason was given for the reload' });
    try {
      return await this.#reload(intent);
    } catch (error) {
      this.#parts.log.error({ who: intent.who, problem: messageOf(error) }, 'configuration refused; the old one stays');
      throw error;
    }
  }

  async #reload(intent: Intent): Promise<Reload> {
    const files = readConfigurationFiles(this.#parts.folder);
    const tried = await this.#tell(intent.dryRun ? 'dry-run' : 'try', files, TRY_MS);
    const after = this.#check(files);
    refuseIfAny(tried);
    const changes = changedParts(this.#current, after);
    const base = { revision: this.#revision, changes };
    if (intent.dryRun) return { ...base, outcome: 'would-apply', edges: tried };
    if (changes.length === 0) return { ...base, outcome: 'unchanged', edges: [] };
    const from = digestOfFiles(this.#current.files);
    await this.#note(digestOfFiles(files), intent, { from, changes: changes.slice(0, 200) });
    this.#current = after;
    return { outcome: 'applied', revision: this.#revision, changes, edges: await this.#tell('apply', files, APPLY_MS) };
  }

  #check(files: readonly ConfigurationFile[]): Declaration {
    const { env, withDatabases, recordOf } = this.#parts;
    const after = parseDeclaration(files, env, { withDatabases });
    const problems = [...restartsNeeded(this.#current, after), ...lostRoutes(this.#current, after, recordOf)];
    if (problems.length > 0)
      throw cutoverErrors.error('CONFIGURATION_REFUSED', { message: describeProblems(problems) });
    return after;
  }

  #tell(
    purpose: ConfigurationOrder['purpose'],
    files: readonly ConfigurationFile[],
    budgetMs: number,
  ): Promise<EdgeConfigured[]> {
    const revision = this.#revision;
    return this.#parts.edges.configure({ id: randomUUID(), revision, purpose, files }, budgetMs);
  }

  async #note(digest: string, intent: Intent, detail: object): Promise<void> {
    await this.#parts.store.noteConfiguration(this.#revision + 1, digest, noteOf(intent, 'configuration', detail));
    this.#revision++;
  }
}

/** An edge that is silent is told when it comes back; one that refuses would be left behind the others. */
function refuseIfAny(tried: readonly EdgeConfigured[]): void {
  const refused = tried.flatMap(({ edge, problem }) => (problem === undefined ? [] : [`${edge}: ${problem}`]));
  if (refused.length > 0) throw cutoverErrors.error('CONFIGURATION_REFUSED', { message: refused.join('\n') });
}
