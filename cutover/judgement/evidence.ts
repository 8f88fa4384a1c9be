/**
 * A test that may be looked at after every request and still keeps its promise: whatever the traffic does, a service that
 * fails as often as legacy is accused with at most the stated probability, however long it is watched.
 *
 * It asks of each failed request which side served it. Were the sides alike, the service would have its share of the
 * requests; were it r times as bad, a larger one. The likelihood ratio of the two, multiplied up over the failures and
 * averaged over several r, is a bet that wins nothing on average while the sides are alike: it reaches 1/α with
 * probability α at most. Failures that both sides share cancel out, and so do waves of traffic and a share that changes.
 *
 * On a rung where hardly anybody is left on legacy there is nobody to compare with. There the bet is against legacy's own
 * past: how often it failed before, taken at the upper end of what that past allows. A fault that both sides would share
 * speaks against the service then; going back does no harm.
 *
 * A bet that has run for a day has lost much and would need long to notice a fault that begins now. So a fresh bet is
 * opened from time to time, each with a smaller part of the stake; their sum keeps the same promise.
 */
export interface Evidence {
  readonly bets: readonly Bet[];
  /** The highest that the sum has ever been: an accusation is not taken back. */
  readonly highest: number;
}

interface Bet {
  readonly stake: number;
  /** Logarithm of the likelihood ratio, for each of {@link RATIOS}. */
  readonly logs: readonly number[];
}

/** What happened on one route between two looks. */
export interface Batch {
  readonly service: Arm;
  readonly legacy: Arm;
  /** Legacy's own past on this route; absent while it is not known. */
  readonly past?: Arm | undefined;
}

export interface Arm {
  readonly requests: number;
  /** Those of them that failed, or were slow. */
  readonly bad: number;
}

/** How much worse a service may be, as odds of a bad request. */
const RATIOS = [1.5, 2, 3, 5, 10];
/** With fewer on legacy than the rest, those say too little. */
const MOST_SHARE = 0.9;
const FIRST_STAKE = 0.8;
/** Beyond so many bets the oldest, which have the most to make up for, are closed. */
const MOST_BETS = 200;

export const noEvidence: Evidence = { bets: [], highest: 0 };

/** Opens a further bet; before the first one nothing is tested. `count` is how many were opened before. */
export function openBet({ bets, highest }: Evidence, count: number): Evidence {
  const bet = { stake: stakeOf(count), logs: RATIOS.map(() => 0) };
  return { bets: [...bets, bet].slice(-MOST_BETS), highest };
}

/** They add up to one. Most of it is on the first bet: what is wrong with a step mostly shows at once. */
function stakeOf(count: number): number {
  return count === 0 ? FIRST_STAKE : (1 - FIRST_STAKE) / (count * (count + 1));
}

/** The order of the batches does not matter, nor that of the requests in them. */
export function weigh(evidence: Evidence, batches: readonly Batch[]): Evidence {
  const gains = gainsOf(batches);
  if (gains.every((gain) => gain === 0)) return evidence;
  const bets = evidence.bets.map(({ stake, logs }) => ({ stake, logs: logs.map((log, i) => log + (gains[i] ?? 0)) }));
  const sum = bets.reduce((total, { stake, logs }) => total + stake * meanOf(logs.map(Math.exp)), 0);
  return { bets, highest: Math.max(evidence.highest, sum) };
}

/** True when the service is accused; `falseRollback` is how often that may be wrong. */
export function isAccused({ highest }: Evidence, falseRollback: number): boolean {
  return highest >= 1 / falseRollback;
}

function gainsOf(batches: readonly Batch[]): number[] {
  return RATIOS.map((ratio) => batches.reduce((sum, batch) => sum + gainOf(batch, ratio), 0));
}

function gainOf(batch: Batch, ratio: number): number {
  const { service, legacy, past } = batch;
  const share = service.requests / (service.requests + legacy.requests);
  if (!(share > 0)) return 0;
  return share > MOST_SHARE ? gainOnPast(service, past, ratio) : gainOnLegacy(batch, share, ratio);
}

function gainOnLegacy({ service, legacy }: Batch, share: number, ratio: number): number {
  const odds = share * ratio;
  const expected = odds / (odds + 1 - share);
  return service.bad * Math.log(expected / share) + legacy.bad * Math.log((1 - expected) / (1 - share));
}

/** Nothing is learned of a route whose past nobody knows. */
function gainOnPast({ requests, bad }: Arm, past: Arm | undefined, ratio: number): number {
  if (past === undefined) return 0;
  const usual = upperRate(past);
  const worse = Math.min(usual * ratio, (1 + usual) / 2);
  return bad * Math.log(worse / usual) + (requests - bad) * Math.log((1 - worse) / (1 - usual));
}

/** Above the 99 % bound of a rate of which so many were seen, for any count. */
function upperRate({ requests, bad }: Arm): number {
  return Math.min(0.5, (bad + 2.33 * Math.sqrt(bad) + 4.61) / requests);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
