import { RecentCounts } from './recent-counts.ts';

const [REQUESTS, SECOND_ATTEMPTS] = [0, 1];
const PERCENT = 10;
/** Within ten seconds; so that a quiet edge may try again at all. */
const FLOOR = 100;

/** Keeps second attempts to a tenth of the requests, so that a failure does not become a flood somewhere else. */
export class AttemptBudget {
  readonly #recent = new RecentCounts(2);

  request(nowMs: number): void {
    this.#recent.add(REQUESTS, nowMs);
  }

  isSpent(nowMs: number): boolean {
    const allowed = Math.max(FLOOR, (this.#recent.total(REQUESTS, nowMs) * PERCENT) / 100);
    return this.#recent.total(SECOND_ATTEMPTS, nowMs) >= allowed;
  }

  spend(nowMs: number): void {
    this.#recent.add(SECOND_ATTEMPTS, nowMs);
  }
}
