import { hash } from 'node:crypto';

/** A set of keys as 64-bit hashes: about 16 bytes each, whatever the keys look like. */
export class KeySet64 {
  size = 0;
  private high: Uint32Array;
  private low: Uint32Array;

  constructor(expected = 0) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 1.5)));
    this.high = new Uint32Array(slots);
    this.low = new Uint32Array(slots);
  }

  /** False when it was there already: the same key or, once in 2^63 pairs, another one. */
  add(key: KeyHash): boolean {
    const at = this.slotOf(key);
    if (this.low[at] !== 0) return false;
    this.high[at] = key.high;
    this.low[at] = key.low;
    this.size += 1;
    if (this.size > this.low.length * 0.7) this.grow();
    return true;
  }

  /** False is certain. */
  has(key: KeyHash): boolean {
    return this.low[this.slotOf(key)] !== 0;
  }

  private slotOf({ high, low }: KeyHash): number {
    const mask = this.low.length - 1;
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      const held = this.low[at];
      if (held === 0 || (held === low && this.high[at] === high)) return at;
    }
  }

  private grow(): void {
    const { high, low } = this;
    this.high = new Uint32Array(high.length * 2);
    this.low = new Uint32Array(low.length * 2);
    for (const [i, held] of low.entries()) {
      if (held === 0) continue;
      const at = this.slotOf({ high: high[i] as number, low: held });
      this.high[at] = high[i] as number;
      this.low[at] = held;
    }
  }
}

/** `low` is never 0: that marks an empty slot. */
export interface KeyHash {
  readonly high: number;
  readonly low: number;
}

export function hashKey(key: string | number): KeyHash {
  const digest = hash('md5', String(key), 'buffer');
  return { high: digest.readUInt32LE(0), low: (digest.readUInt32LE(4) | 1) >>> 0 };
}
