/** Looked up once: in Jest's sandbox a global costs more than what it does. */
const { imul } = Math;

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What control and a correct or wrong candidate do with one field; shares of answers. */
export interface FieldModel {
  /** Control's second answer differs from its first; that of a candidate without defect as often. */
  readonly noise: number;
  /** The candidate is wrong, besides. */
  readonly defect: number;
}

export interface Totals {
  readonly pairs: number;
  readonly candidateOnly: number;
  readonly controlOnly: number;
  readonly both: number;
}

/**
 * Asks so many pairs and looks at the totals after each in which the candidate alone differed: nothing else speaks
 * against it. Tells after how many it was true.
 */
export function firstWhere(
  pairs: number,
  { noise, defect }: FieldModel,
  random: () => number,
  isReached: (totals: Totals) => boolean,
): number | undefined {
  let [candidateOnly, controlOnly, both] = [0, 0, 0];
  for (let pair = 1; pair <= pairs; pair++) {
    const isControl = random() < noise;
    const isCandidate = random() < noise + defect - noise * defect;
    if (!isControl && !isCandidate) continue;
    if (isControl && isCandidate) both++;
    else if (isControl) controlOnly++;
    else if (isReached({ pairs: pair, candidateOnly: ++candidateOnly, controlOnly, both })) return pair;
  }
  return undefined;
}

/** How Diffy judges a field, from the totals alone: shown when the candidate differs 20 % more than the noise. */
export function isShownByDiffy({ pairs, candidateOnly, controlOnly, both }: Totals): boolean {
  const [raw, noise] = [candidateOnly + both, controlOnly + both];
  return raw > noise && ((raw - noise) / (raw + noise)) * 100 > 20 && ((raw - noise) / pairs) * 100 > 0.03;
}

/** Of so many runs, the share in which something happened. */
export function shareOf(runs: number, happens: (random: () => number) => boolean): number {
  let count = 0;
  for (let run = 0; run < runs; run++) if (happens(seeded(run * 7919 + 17))) count++;
  return count / runs;
}

/** What at least nine of ten were below; undefined ones are above all. */
export function ninthTenth(values: readonly (number | undefined)[]): number {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.9)] ?? Number.NaN;
}
