import type { KeptSample } from './report.ts';

const MOST_OF_A_KIND = 5;
const MOST_KINDS = 20;

/** A few mismatches of each kind; each of a kind has the same chance to be kept, the last like the first. */
export class KeptSamples {
  readonly #random: () => number;
  readonly #kinds = new Map<string, { times: number; readonly samples: KeptSample[] }>();

  constructor(random: () => number) {
    this.#random = random;
  }

  offer(kind: string, keep: () => KeptSample): void {
    const known = this.#kinds.get(kind) ?? { times: 0, samples: [] };
    if (known.times === 0 && this.#kinds.size >= MOST_KINDS) return;
    this.#kinds.set(kind, known);
    known.times++;
    const { samples, times } = known;
    const at = samples.length < MOST_OF_A_KIND ? samples.length : Math.floor(this.#random() * times);
    if (at < MOST_OF_A_KIND) samples[at] = keep();
  }

  all(): KeptSample[] {
    return [...this.#kinds.values()].flatMap(({ samples }) => samples);
  }
}
