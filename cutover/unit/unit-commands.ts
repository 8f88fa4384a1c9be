import { isBanyanError, messageOf, type Log } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { Intent } from './intent.ts';
import type { UnitRuntime } from './unit-runtime.ts';

/** Commands to units: each unit takes one at a time, with a reason, once it was started. */
export class UnitCommands {
  readonly #runtimes: ReadonlyMap<string, UnitRuntime>;
  readonly #log: Log;
  readonly #started = new Set<string>();
  readonly #busy = new Set<string>();

  constructor(runtimes: ReadonlyMap<string, UnitRuntime>, log: Log) {
    this.#runtimes = runtimes;
    this.#log = log;
  }

  /** From now on the unit takes commands. */
  open(unit: string): void {
    this.#started.add(unit);
  }

  /** Throws UNIT_UNKNOWN. */
  runtime(unit: string): UnitRuntime {
    const runtime = this.#runtimes.get(unit);
    if (runtime) return runtime;
    const known = [...this.#runtimes.keys()].join(', ') || 'none';
    throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${unit}"; known: ${known}` });
  }

  /** Throws REASON_MISSING, and UNIT_BUSY while another command is at work. */
  async exclusive<T>(unit: string, intent: Intent, work: (runtime: UnitRuntime) => Promise<T>): Promise<T> {
    const runtime = this.runtime(unit);
    if (!intent.reason.trim() && !intent.dryRun)
      throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for changing ${unit}` });
    if (!this.#started.has(unit)) throw cutoverErrors.error('UNIT_BUSY', { message: `${unit} is still being started` });
    if (this.#busy.has(unit))
      throw cutoverErrors.error('UNIT_BUSY', { message: `${unit} is being changed by another command` });
    this.#busy.add(unit);
    try {
      return await work(runtime);
    } catch (error) {
      // A refusal is told to whoever asked; only what nobody planned belongs in the log.
      if (!isBanyanError(error)) this.failed(unit, error);
      throw error;
    } finally {
      this.#busy.delete(unit);
    }
  }

  failed(unit: string, error: unknown): void {
    this.#log.error({ unit, error: messageOf(error) }, 'command failed');
  }
}
