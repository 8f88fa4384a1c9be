import { logBeta } from './log-beta.ts';

/**
 * Evidence against a claim, as the logarithm of a bet's wealth: whoever starts with 1 and bets against a true claim has
 * 1/α or more at *any* time with a chance of at most α (Ville). So everybody may look as often as they like. Each is a
 * function of counts alone: in which order they came does not matter.
 */
export type LogEvidence = number;

/** How many times as unsteady as control the candidate may be; one bet on each, the wealth is their mean. */
const RATIOS = [1.5, 2, 4, 10];

/** What each bet wins when the candidate differs alone, and when control does. */
const STAKES = RATIOS.map((ratio) => {
  const share = ratio / (1 + ratio);
  return { candidate: Math.log(2 * share), control: Math.log(2 * (1 - share)) };
});

/**
 * Against "the candidate differs from control no oftener than control from itself". Of pairs only those tell anything in
 * which one of the two differs; under the claim it is the candidate in at most half of them.
 */
export function evidenceOfNoise(candidateOnly: number, controlOnly: number): LogEvidence {
  return logMean(STAKES.map((stake) => candidateOnly * stake.candidate + controlOnly * stake.control));
}

/** Against "at most a share of `budget` of the answers are mismatches". */
export function evidenceOfExcess(mismatches: number, samples: number, budget: number): LogEvidence {
  const bets = RATIOS.filter((ratio) => ratio * budget < 1);
  return logMean(
    bets.map((ratio) => {
      const matches = samples - mismatches;
      return mismatches * Math.log(ratio) + matches * (Math.log1p(-ratio * budget) - Math.log1p(-budget));
    }),
  );
}

/** A prior on a share: its weight is where the bound is to be narrow. */
export interface Prior {
  readonly a: number;
  readonly b: number;
}

/** Narrow where the share is about `limit` or less. */
export function priorFor(limit: number): Prior {
  return { a: 0.5, b: 0.5 / limit };
}

/** Against "the share is `share`", by a mixture of bets over all shares; for less than all events. */
export function evidenceAgainstShare(events: number, trials: number, share: number, { a, b }: Prior): LogEvidence {
  const others = trials - events;
  const mixture = logBeta(a + events, b + others) - logBeta(a, b);
  return mixture - events * Math.log(share) - others * Math.log1p(-share);
}

function logMean(logs: readonly number[]): number {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / logs.length);
}
