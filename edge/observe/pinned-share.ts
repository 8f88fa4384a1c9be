import type { Reason } from '../decide/decide.ts';
import type { Side } from '../decide/unit-state.ts';
import type { RouteCounts } from './route-counts.ts';

/** Reads of a unit that came as far as its markers. */
export interface PinnedReads {
  /** Kept on the owner, so that nobody is shown something too old. */
  readonly pinned: number;
  readonly reads: number;
}

const PINNED: readonly Reason[] = ['own-write-pending', 'frozen'];
const OTHERS: readonly (readonly [Side, Reason])[] = [
  ['service', 'exposed'],
  ['service', 'reads'],
  ['legacy', 'breaker-open'],
  ['legacy', 'flag-off'],
  ['legacy', 'above-ceiling'],
];
/** Looks that are remembered: a window of six pauses between them. */
const LOOKS = 7;
export const PINNED_LOOK_MS = 10_000;

/** What read-your-own-writes costs: the share of a unit's reads that it keeps from the copy, over the last minute. */
export class PinnedShare {
  readonly #routes: () => readonly RouteCounts[];
  readonly #looks: PinnedReads[] = [{ pinned: 0, reads: 0 }];

  constructor(routes: () => readonly RouteCounts[]) {
    this.#routes = routes;
  }

  /** To be called every `PINNED_LOOK_MS`. */
  look(): void {
    this.#looks.push(this.#total());
    if (this.#looks.length > LOOKS) this.#looks.shift();
  }

  value(): PinnedReads {
    const [from = { pinned: 0, reads: 0 }] = this.#looks;
    const { pinned, reads } = this.#total();
    return { pinned: pinned - from.pinned, reads: reads - from.reads };
  }

  #total(): PinnedReads {
    let [pinned, others] = [0, 0];
    for (const route of this.#routes()) {
      for (const reason of PINNED) pinned += route.count('legacy', reason);
      for (const [side, reason] of OTHERS) others += route.count(side, reason);
    }
    return { pinned, reads: pinned + others };
  }
}
