import { seededRandom } from '../../../shared/index.ts';
import { BUCKETS, bucketOf } from '../../../flags/index.ts';
import type { Sampling } from './sampling.ts';

/** What a route may still take in this second. */
interface Allowance {
  readonly rate: number;
  tokens: number;
  filledAt: number;
}

/** Decides for each read whether it is mirrored. Costs a hash only where subjects are chosen. */
export class Sampler {
  readonly #sampling: Sampling;
  readonly #random: () => number;
  readonly #routes = new Map<string, Allowance>();

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = seededRandom(sampling.seed);
  }

  /** `route` as in a plan, `GET /api/trips/{id}`; `nowMs` of any clock. */
  takes(route: string, subject: string, nowMs: number): boolean {
    const allowance = this.#routes.get(route) ?? this.#open(route, nowMs);
    if (allowance.rate < 1 && this.#random() >= allowance.rate) return false;
    if (!this.#hasSubject(subject)) return false;
    return this.#spend(allowance, nowMs);
  }

  /** True for the share of the mirrored reads that control answers twice. */
  isPaired(): boolean {
    return this.#random() < this.#sampling.secondControl;
  }

  /** True when the candidate is to be asked first. */
  isCandidateFirst(): boolean {
    return this.#random() < 0.5;
  }

  #hasSubject(subject: string): boolean {
    const { subjects, seed } = this.#sampling;
    return subjects >= 1 || bucketOf(`shadow:${seed}`, subject) < subjects * BUCKETS;
  }

  /** A second's worth may be saved up: a route that is asked now and then is never thinned. */
  #spend(allowance: Allowance, nowMs: number): boolean {
    const { perSecond } = this.#sampling;
    const earned = ((nowMs - allowance.filledAt) * perSecond) / 1000;
    allowance.tokens = Math.min(perSecond, allowance.tokens + earned);
    allowance.filledAt = nowMs;
    if (allowance.tokens < 1) return false;
    allowance.tokens--;
    return true;
  }

  #open(route: string, nowMs: number): Allowance {
    const { routes, rate, perSecond } = this.#sampling;
    const allowance = { rate: routes[route] ?? rate, tokens: perSecond, filledAt: nowMs };
    this.#routes.set(route, allowance);
    return allowance;
  }
}
