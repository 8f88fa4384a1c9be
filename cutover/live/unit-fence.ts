import {
  flipKeys,
  flipOwner,
  installFence,
  readOwner,
  readServedKeys,
  removeFence,
  takeBarrier,
  type FenceOptions,
} from '../../cdc/index.ts';
import type { Unit } from '../plan/load-plans.ts';
import type { Side } from '../stage.ts';
import type { FenceOutcome } from '../unit/unit-runtime.ts';
import type { Places } from './places.ts';

/** How long a flip of the fence waits for open writers before it gives up and lets them go on. */
const lockWaitMs = 1_000;

/** Who may write a unit's rows, as each of its two databases holds to it. */
export class UnitFence {
  readonly #unit: Unit;
  readonly #places: Places;

  constructor(unit: Unit, places: Places) {
    this.#unit = unit;
    this.#places = places;
  }

  install(side: Side): Promise<void> {
    return installFence(this.#places[side].pool, this.optionsOf(side));
  }

  remove(side: Side): Promise<void> {
    return removeFence(this.#places[side].pool, this.optionsOf(side));
  }

  optionsOf(side: Side): FenceOptions {
    const { url, schema, tables } = this.#places[side];
    const { unit, service, ownerKey } = this.#unit.plan;
    const keys = ownerKey?.[side];
    const dryRunUser = side === 'service' ? service.dryRunUser : undefined;
    return { unit, side, schema, tables, applyUser: decodeURIComponent(new URL(url).username), dryRunUser, keys };
  }

  async ownerOn(side: Side, keys?: readonly string[]): Promise<Side | undefined> {
    if (!keys) return (await readOwner(this.#places[side].pool, this.#name))?.owner;
    const served = new Set(await this.servedOn(side));
    if (keys.every((key) => served.has(key))) return 'service';
    return keys.some((key) => served.has(key)) ? undefined : 'legacy';
  }

  servedOn(side: Side): Promise<string[]> {
    return readServedKeys(this.#places[side].pool, this.#name);
  }

  flip(side: Side, to: Side, epoch: number, keys?: readonly string[]): Promise<FenceOutcome> {
    const { pool } = this.#places[side];
    const flip = { unit: this.#name, to, epoch, lockWaitMs };
    return keys ? flipKeys(pool, { ...flip, keys }) : flipOwner(pool, flip);
  }

  barrier(side: Side): Promise<'taken' | 'busy'> {
    return takeBarrier(this.#places[side].pool, { unit: this.#name, lockWaitMs });
  }

  get #name(): string {
    return this.#unit.plan.unit;
  }
}
