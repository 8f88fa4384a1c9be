import type { UnitStore } from '../control/control-store.ts';
import type { Settlement } from '../handover/settlement.ts';
import type { Retirements } from '../retirement/retirements.ts';
import { isArmed } from '../stage.ts';
import type { UnitCare } from './unit-care.ts';
import type { UnitCommands } from './unit-commands.ts';
import type { UnitRecord } from './unit-record.ts';
import type { UnitRuntime } from './unit-runtime.ts';

export interface UnitStartsParts {
  readonly store: UnitStore;
  readonly publish: (record: UnitRecord) => void;
  readonly settlement: Settlement;
  readonly retirements: Retirements;
  readonly commands: UnitCommands;
  readonly care: UnitCare;
}

/** Takes units up as a process before left them, be it in the middle of a step. */
export class UnitStarts {
  readonly #parts: UnitStartsParts;

  constructor(parts: UnitStartsParts) {
    this.#parts = parts;
  }

  /**
   * Registers the units, starts the streams, and finishes or cancels what a crash interrupted. The edges are told at
   * once where every unit stands; a unit takes commands once it is settled.
   */
  async start(runtimes: ReadonlyMap<string, UnitRuntime>): Promise<void> {
    const { store, publish, commands } = this.#parts;
    for (const [name, { unit }] of runtimes) publish(await store.register(name, unit.digest));
    for (const [name, runtime] of runtimes) {
      await runtime.start();
      await this.#takeUp(name, runtime);
      commands.open(name);
    }
  }

  async #takeUp(name: string, runtime: UnitRuntime): Promise<void> {
    const { stage } = await this.#settled(name, runtime);
    if (stage.name === 'retired') await this.#parts.retirements.finish(runtime);
    else await (isArmed(stage) ? this.#rearm(name, runtime) : this.#disarm(name, runtime));
  }

  /** Only an interrupted handover keeps a unit from starting until it is settled. */
  async #settled(name: string, runtime: UnitRuntime): Promise<UnitRecord> {
    const { store, settlement, commands } = this.#parts;
    const record = await store.read(name);
    if (record.handover) await settlement.insist(runtime, `an interrupted ${record.handover.direction}`);
    else await settlement.settle(record, runtime).catch((error: unknown) => commands.failed(name, error));
    return record.handover ? store.read(name) : record;
  }

  /** The reverse stream runs at once, its verification follows behind. A failure must not keep the edge down. */
  async #rearm(unit: string, runtime: UnitRuntime): Promise<void> {
    const { care, commands } = this.#parts;
    try {
      await runtime.arm();
      void care.verify(unit, 'reverse', {}).catch((error: unknown) => commands.failed(unit, error));
    } catch (error) {
      commands.failed(unit, error);
    }
  }

  /** What a crash between leaving `reads` and disarming left behind. */
  async #disarm(unit: string, runtime: UnitRuntime): Promise<void> {
    await runtime.disarm().catch((error: unknown) => this.#parts.commands.failed(unit, error));
  }
}
