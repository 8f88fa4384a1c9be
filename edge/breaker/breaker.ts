import type { CallResult } from '../targets/call-result.ts';
import { RecentCounts } from './recent-counts.ts';

export interface BreakerLimits {
  /** Calls within ten seconds before their shares say anything. */
  readonly minCalls: number;
  readonly failurePercent: number;
  /** The head of an answer that takes longer is slow. */
  readonly slowMs: number;
  readonly slowPercent: number;
  /** Connections in a row that did not come about, of all routes to the target. */
  readonly connectFailures: number;
  /** How long it stays open the first time; twice as long with every probe that fails. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Calls let through at a time to see whether it is better, and how many must succeed. */
  readonly probes: number;
  /** Whether an answer of 500 is a failure. */
  readonly counts500: boolean;
}

export const defaultBreaker: BreakerLimits = {
  minCalls: 20,
  failurePercent: 50,
  slowMs: 5_000,
  slowPercent: 80,
  connectFailures: 5,
  openMs: 5_000,
  maxOpenMs: 60_000,
  probes: 3,
  counts500: false,
};

/**
 * closed: everything passes and is counted. open: nothing passes until a moment, or until somebody has reached a target
 * that could not be reached. half-open: up to `probes` calls pass; as
 * many successes close it, one failure opens it for twice as long.
 */
export type BreakerState =
  | { readonly name: 'closed' }
  | { readonly name: 'open'; readonly untilMs: number; readonly times: number; readonly isUnreachable: boolean }
  | { readonly name: 'half-open'; readonly times: number; readonly underWay: number; readonly successes: number };

/** What a breaker asks of the target its calls go to. */
export interface Reachable {
  /** Connections in a row that did not come about. */
  readonly connectFailures: number;
}

export interface BreakerParts {
  readonly limits?: Partial<BreakerLimits>;
  readonly target: Reachable;
  readonly onOpen?: (() => void) | undefined;
  readonly random?: () => number;
}

const CLOSED: BreakerState = { name: 'closed' };
const [CALLS, FAILURES, SLOW] = [0, 1, 2];
/** The pass of a call that says nothing: the breaker was open, or had probes enough. */
const UNCOUNTED = -1;
/** So that replicas do not probe in step. */
const JITTER = 0.2;

/**
 * Keeps the calls of one route away from a target that fails them. A call is admitted first, begun when it is sent and
 * ended with its result; what began under an earlier state says nothing about the present one. Times in milliseconds.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  readonly #target: Reachable;
  readonly #onOpen: () => void;
  readonly #random: () => number;
  readonly #recent = new RecentCounts(3);
  #state: BreakerState = CLOSED;
  #generation = 0;
  /** True in the common case, to be read without a call. */
  isClosed = true;
  /** How often it has opened. */
  openings = 0;

  constructor({ limits = {}, target, onOpen = () => undefined, random = Math.random }: BreakerParts) {
    this.#limits = { ...defaultBreaker, ...limits };
    this.#target = target;
    this.#onOpen = onOpen;
    this.#random = random;
  }

  get counts500(): boolean {
    return this.#limits.counts500;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** True when a call may pass: always when closed, as a probe otherwise. */
  admits(nowMs: number): boolean {
    switch (this.#state.name) {
      case 'closed':
        return true;
      case 'open':
        return nowMs >= this.#state.untilMs || (this.#state.isUnreachable && this.#target.connectFailures === 0);
      case 'half-open':
        return this.#state.underWay + this.#state.successes < this.#limits.probes;
    }
  }

  /** Milliseconds until it is worth asking again. */
  waitMs(nowMs: number): number {
    return this.#state.name === 'open' ? Math.max(0, this.#state.untilMs - nowMs) : 0;
  }

  /** A call is sent. Its pass goes back with its end. */
  begin(nowMs: number): number {
    if (this.isClosed) return this.#generation;
    if (!this.admits(nowMs)) return UNCOUNTED;
    if (this.#state.name === 'open')
      this.#become({ name: 'half-open', times: this.#state.times, underWay: 0, successes: 0 });
    if (this.#state.name === 'half-open') this.#state = { ...this.#state, underWay: this.#state.underWay + 1 };
    return this.#generation;
  }

  /** `headMs`: from sending to the head of the answer. */
  end(pass: number, result: CallResult, headMs: number, nowMs: number): void {
    if (pass !== this.#generation) return;
    const isSlow = headMs > this.#limits.slowMs;
    if (this.isClosed) this.#count(result, isSlow, nowMs);
    else this.#judge(result, isSlow, nowMs);
  }

  #count(result: CallResult, isSlow: boolean, nowMs: number): void {
    if (result === 'none') return;
    this.#recent.add(CALLS, nowMs);
    if (isSlow) this.#recent.add(SLOW, nowMs);
    if (result === 'ok' && !isSlow) return;
    if (result !== 'ok') this.#recent.add(FAILURES, nowMs);
    if (this.#isTooMuch(nowMs)) this.#open(0, result, nowMs);
  }

  #isTooMuch(nowMs: number): boolean {
    const { minCalls, failurePercent, slowPercent, connectFailures } = this.#limits;
    if (this.#target.connectFailures >= connectFailures) return true;
    const calls = this.#recent.total(CALLS, nowMs);
    if (calls < minCalls) return false;
    const share = (column: number): number => (this.#recent.total(column, nowMs) * 100) / calls;
    return share(FAILURES) >= failurePercent || share(SLOW) >= slowPercent;
  }

  /** A probe has ended. One that said nothing leaves its place to another. */
  #judge(result: CallResult, isSlow: boolean, nowMs: number): void {
    const state = this.#state;
    if (state.name !== 'half-open') return;
    if (result === 'none') this.#state = { ...state, underWay: state.underWay - 1 };
    else if (result !== 'ok' || isSlow) this.#open(state.times + 1, result, nowMs);
    else if (state.successes + 1 >= this.#limits.probes) this.#become(CLOSED);
    else this.#state = { ...state, underWay: state.underWay - 1, successes: state.successes + 1 };
  }

  #open(times: number, result: CallResult, nowMs: number): void {
    const { openMs, maxOpenMs } = this.#limits;
    const ms = Math.min(maxOpenMs, openMs * 2 ** times) * (1 - JITTER * this.#random());
    this.openings++;
    this.#become({ name: 'open', untilMs: nowMs + ms, times, isUnreachable: result === 'unreachable' });
    if (times === 0) this.#onOpen();
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.isClosed = state.name === 'closed';
    this.#generation++;
    this.#recent.clear();
  }
}
