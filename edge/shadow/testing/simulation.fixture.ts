import { seededRandom } from '../../../shared/index.ts';

/** Looked up once: in Jest's sandbox a global costs more than what it does. */
const { floor, log } = Math;

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
 * against it. Tells after how many it was true. Pairs in which nobody differs are passed over in one draw.
 */
export function firstWhere(
  pairs: number,
  { noise, defect }: FieldModel,
  random: () => number,
  isReached: (totals: Totals) => boolean,
): number | undefined {
  const wrong = noise + defect - noise * defect;
  const either = noise + wrong - noise * wrong;
  let [candidateOnly, controlOnly, both] = [0, 0, 0];
  for (let pair = gap(either, random); pair <= pairs; pair += gap(either, random)) {
    const draw = random() * either;
    if (draw < noise * wrong) both++;
    else if (draw < noise) controlOnly++;
    else if (isReached({ pairs: pair, candidateOnly: ++candidateOnly, controlOnly, both })) return pair;
  }
  return undefined;
}

/** Pairs until the next one of such a chance, itself included. */
function gap(chance: number, random: () => number): number {
  return chance >= 1 ? 1 : 1 + floor(log(1 - random()) / log(1 - chance));
}

/** How Diffy judges a field, from the totals alone: shown when the candidate differs 20 % more than the noise. */
export function isShownByDiffy({ pairs, candidateOnly, controlOnly, both }: Totals): boolean {
  const [raw, noise] = [candidateOnly + both, controlOnly + both];
  return raw > noise && ((raw - noise) / (raw + noise)) * 100 > 20 && ((raw - noise) / pairs) * 100 > 0.03;
}

/** Of so many runs, the share in which something happened. */
export function shareOf(runs: number, happens: (random: () => number) => boolean): number {
  let count = 0;
  for (let run = 0; run < runs; run++) if (happens(seededRandom(run * 7919 + 17))) count++;
  return count / runs;
}

/** How high a share that is at most `alpha` may come out in so many runs, but for two deviations. */
export function chanceOver(alpha: number, runs: number): number {
  return alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / runs);
}

/** What at least nine of ten were below; undefined ones are above all. */
export function ninthTenth(values: readonly (number | undefined)[]): number {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.9)] ?? Number.NaN;
}
