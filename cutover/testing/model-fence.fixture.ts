import type { Side } from '../stage.ts';
import { servedKeys, type UnitRecord } from '../unit/unit-record.ts';
import type { FenceOutcome } from '../unit/unit-runtime.ts';

/**
 * The ownership rows of one side as its triggers read them: that of the unit, and the keys that the service owns while
 * legacy owns the unit. All keys share one list and its epoch, which is the worst that buckets can do.
 */
export class ModelFence {
  readonly #side: Side;
  #unit: { readonly owner: Side; readonly epoch: number };
  #keys: { readonly served: readonly string[]; readonly epoch: number };

  constructor(side: Side, record: UnitRecord) {
    const { owner, epoch } = record;
    this.#side = side;
    this.#unit = { owner, epoch };
    this.#keys = { served: servedKeys(record), epoch };
  }

  get owner(): Side {
    return this.#unit.owner;
  }

  get served(): readonly string[] {
    return this.#keys.served;
  }

  admits(key: string): boolean {
    const isException = this.owner === 'legacy' && this.served.includes(key);
    return (isException ? 'service' : this.owner) === this.#side;
  }

  ownerOf(keys: readonly string[]): Side | undefined {
    if (keys.every((key) => this.served.includes(key))) return 'service';
    return keys.some((key) => this.served.includes(key)) ? undefined : 'legacy';
  }

  flip(to: Side, epoch: number): FenceOutcome {
    if (this.#unit.epoch > epoch) return 'wrong-epoch';
    this.#unit = { owner: to, epoch };
    return 'flipped';
  }

  flipKeys(to: Side, epoch: number, keys: readonly string[]): FenceOutcome {
    if (this.#keys.epoch > epoch) return 'wrong-epoch';
    const others = this.served.filter((key) => !keys.includes(key));
    this.#keys = { served: to === 'service' ? [...others, ...keys] : others, epoch };
    return 'flipped';
  }

  /** For the fingerprint of a world. */
  toJSON(): object {
    return { unit: this.#unit, keys: this.#keys };
  }
}
