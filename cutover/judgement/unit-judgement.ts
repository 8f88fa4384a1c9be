import type { Side } from '../stage.ts';
import { noEvidence, openBet, weigh, type Arm, type Batch, type Evidence } from './evidence.ts';
import { slowFromS, slowIn, type RouteCounts } from './route-counts.ts';

/** How the service of a unit did beside legacy since its present step began. */
export interface MeasuredTraffic {
  readonly service: SideTotals;
  readonly legacy: SideTotals;
  /** How much speaks against the service; beyond 1/α it is accused, wrongly with probability α at most. */
  readonly errors: number;
  readonly slow: number;
}

export interface SideTotals {
  readonly requests: number;
  readonly failed: number;
  readonly slow: number;
}

const ENOUGH_PAST = 100;
const NEW_BET_MS = 5 * 60_000;
const noTotals: SideTotals = { requests: 0, failed: 0, slow: 0 };

/** Gathers the evidence of one step of one unit. A new step begins with a new one. */
export class UnitJudgement {
  /** How legacy did on each route before the step, or by the time enough of its requests were seen. */
  readonly #past = new Map<string, Arm>();
  /** What is slow on a route is legacy's P95 when the step began, or as soon as it is known. */
  readonly #slowFromS = new Map<string, number>();
  #errors: Evidence = noEvidence;
  #slow: Evidence = noEvidence;
  #totals: Readonly<Record<Side, SideTotals>> = { legacy: noTotals, service: noTotals };
  #bets = 0;
  #nextBetMs = -Infinity;

  get measured(): MeasuredTraffic {
    const { legacy, service } = this.#totals;
    return { legacy, service, errors: this.#errors.highest, slow: this.#slow.highest };
  }

  /** What legacy has counted on a route so far; the first counts that are enough are kept. */
  learnPast({ route, sides: { legacy } }: RouteCounts): void {
    const fromS = this.#slowFromS.has(route) ? undefined : slowFromS(legacy);
    if (fromS !== undefined) this.#slowFromS.set(route, fromS);
    if (this.#past.has(route) || legacy.requests < ENOUGH_PAST) return;
    this.#past.set(route, { requests: legacy.requests, bad: legacy.failed });
  }

  add(added: readonly RouteCounts[], nowMs: number): void {
    if (nowMs >= this.#nextBetMs) this.#open(nowMs);
    this.#errors = weigh(
      this.#errors,
      added.map((route) => this.#errorsIn(route)),
    );
    this.#slow = weigh(
      this.#slow,
      added.flatMap((route) => this.#slowIn(route)),
    );
    for (const route of added) this.#count(route);
  }

  #open(nowMs: number): void {
    this.#errors = openBet(this.#errors, this.#bets);
    this.#slow = openBet(this.#slow, this.#bets++);
    this.#nextBetMs = nowMs + NEW_BET_MS;
  }

  #errorsIn({ route, sides: { service, legacy } }: RouteCounts): Batch {
    return {
      service: { requests: service.requests, bad: service.failed },
      legacy: { requests: legacy.requests, bad: legacy.failed },
      past: this.#past.get(route),
    };
  }

  #slowIn({ route, sides }: RouteCounts): Batch[] {
    const fromS = this.#slowFromS.get(route);
    if (fromS === undefined) return [];
    return [{ service: slowIn(sides.service, fromS), legacy: slowIn(sides.legacy, fromS) }];
  }

  /** Only of routes that both sides serve: legacy's writes say nothing about the service. */
  #count(route: RouteCounts): void {
    if (route.sides.service.requests === 0) return;
    const [batch] = this.#slowIn(route);
    const add = (side: Side): SideTotals => ({
      requests: this.#totals[side].requests + route.sides[side].requests,
      failed: this.#totals[side].failed + route.sides[side].failed,
      slow: this.#totals[side].slow + (batch?.[side].bad ?? 0),
    });
    this.#totals = { legacy: add('legacy'), service: add('service') };
  }
}
