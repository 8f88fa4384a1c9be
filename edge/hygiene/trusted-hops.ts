import type { BlockList } from 'node:net';
import { contains, networksOf } from '../networks.ts';

const MEMORY = 1024;

/** The proxies in front of the edge, by address or network. */
export class TrustedHops {
  readonly #networks: BlockList;
  readonly #known = new Map<string, boolean>();

  constructor(networks: readonly string[]) {
    this.#networks = networksOf(networks);
  }

  has(address: string): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const answer = contains(this.#networks, address);
    if (this.#known.size < MEMORY) this.#known.set(address, answer);
    return answer;
  }
}
