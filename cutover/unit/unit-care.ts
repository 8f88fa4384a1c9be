import type { Verification } from '../../cdc/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import { noteOf, type Intent } from './intent.ts';
import type { ParkedAnswer, ParkedRequest } from './parked.ts';
import { requireOneOwner } from './one-owner.ts';
import { describeStage } from '../stage.ts';
import type { UnitCommands } from './unit-commands.ts';
import type { UnitVerification, VerifyOptions, VerifyProgress } from './unit-runtime.ts';

/** What keeps the copy of a unit right, wherever the unit stands: streams, parked changes, verification, repair. */
export class UnitCare {
  readonly #commands: UnitCommands;
  readonly #store: UnitStore;

  constructor(commands: UnitCommands, store: UnitStore) {
    this.#commands = commands;
    this.#store = store;
  }

  /** Starts stopped streams again. A fresh copy empties the service's tables, so nobody may be reading from them. */
  async resume(unit: string, intent: Intent & { readonly fresh: boolean }): Promise<void> {
    await this.#commands.exclusive(unit, intent, async (runtime) => {
      const record = await this.#store.read(unit);
      const isExposed = record.stage.name !== 'legacy' && record.stage.name !== 'shadow';
      if (intent.fresh && isExposed)
        throw cutoverErrors.error('STAGE_REFUSED', {
          message: `${unit} is at ${describeStage(record.stage)}, where users read the copy; a fresh one needs stage legacy or shadow`,
        });
      if (intent.dryRun) return;
      await runtime.resume({ fresh: intent.fresh });
      const action = intent.fresh ? 'copy-fresh' : 'resume';
      await this.#store.note(record, noteOf(intent, action));
    });
  }

  /** Looks at what is parked for a unit, applies it or forgets it. What changes or unmasks something is journalled. */
  async parked(unit: string, request: ParkedRequest, intent: Intent): Promise<ParkedAnswer> {
    const runtime = this.#commands.runtime(unit);
    if (request.verb === 'list' || (request.verb === 'show' && !request.unmask)) return runtime.parked(request);
    if (request.verb === 'show') return this.#noteParked(unit, request, intent, await runtime.parked(request));
    return this.#commands.exclusive(unit, intent, async () => {
      const answer = await runtime.parked(request);
      return request.dryRun ? answer : this.#noteParked(unit, request, intent, answer);
    });
  }

  /** Ids and places in the log only: a key may be personal. */
  async #noteParked(unit: string, { verb }: ParkedRequest, intent: Intent, answer: ParkedAnswer) {
    const { items, applied = [], refused = [] } = answer;
    const named = items.slice(0, 100).map(({ id, where, code }) => ({ id, where, code }));
    const detail = { items: named, count: items.length, applied: applied.length, refused: refused.slice(0, 100) };
    const action = verb === 'show' ? 'parked-unmask' : `parked-${verb}`;
    await this.#store.note(await this.#store.read(unit), noteOf(intent, action, detail));
    return answer;
  }

  async verify(
    unit: string,
    direction: 'forward' | 'reverse' | undefined,
    options: VerifyOptions,
  ): Promise<UnitVerification> {
    const runtime = this.#commands.runtime(unit);
    const record = await this.#store.read(unit);
    requireOneOwner(record);
    const chosen = direction ?? (record.owner === 'legacy' ? 'forward' : 'reverse');
    const onProgress = (progress: VerifyProgress): void => {
      const { result, ...rest } = progress;
      if (result) void this.#save(unit, chosen, result).catch((error: unknown) => this.#commands.failed(unit, error));
      options.onProgress?.(rest);
    };
    const result = await runtime.verify(chosen, record.owner, { ...options, onProgress });
    await this.#save(unit, chosen, result);
    return result;
  }

  /** Verifies, then makes wrong rows of the copy right; its journal line says how many. */
  async repair(
    unit: string,
    direction: 'forward' | 'reverse' | undefined,
    intent: Intent,
    options: VerifyOptions,
  ): Promise<UnitVerification> {
    return this.#commands.exclusive(unit, intent, async () => {
      const result = await this.verify(unit, direction, options);
      if (intent.dryRun || !result.repair) return result;
      const { left: _, ...counts } = result.repair;
      const record = await this.#store.read(unit);
      await this.#store.note(record, noteOf(intent, 'repair', { ...counts, wrong: result.wrong }));
      return result;
    });
  }

  /** What was seen of a part of the rows only is kept when it is bad news. */
  async #save(unit: string, direction: 'forward' | 'reverse', result: Verification): Promise<void> {
    if (result.coverage < 100 && result.wrong === 0) return;
    await this.#store.saveVerification(unit, direction, result);
  }
}
