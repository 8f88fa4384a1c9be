import type { TargetEndpoint } from './target-endpoint.ts';

export interface OutlierLimits {
  /** Failures in a row that eject an endpoint at once; 0 never does. */
  readonly consecutiveFailures: number;
  /** How often success rates are compared. */
  readonly sweepMs: number;
  /** How long the first ejection lasts; the next one twice as long, and so on. */
  readonly ejectMs: number;
  readonly maxEjectMs: number;
  /** Of all endpoints. One may always be ejected, the last usable one never. */
  readonly maxEjectedPercent: number;
  /** An endpoint whose success rate is this many deviations below the average of all is ejected. */
  readonly deviations: number;
  /** Rates are compared only when so many endpoints had so many calls each. */
  readonly minEndpoints: number;
  readonly minCalls: number;
}

/** Envoy's defaults, but for the share: half of a handful of endpoints instead of a tenth of hundreds. */
export const defaultOutliers: OutlierLimits = {
  consecutiveFailures: 5,
  sweepMs: 10_000,
  ejectMs: 30_000,
  maxEjectMs: 300_000,
  maxEjectedPercent: 50,
  deviations: 1.9,
  minEndpoints: 5,
  minCalls: 100,
};

interface Ejection {
  untilMs: number;
  /** How often it was ejected; falls by one with every sweep it gets through. */
  times: number;
}

/**
 * Takes endpoints that fail while the others do not out of the choice, for a time that grows with every ejection. Judged
 * by the requests they get, not by asking them. All changes are made through the given list; nothing waits.
 */
export class Outliers {
  readonly #limits: OutlierLimits;
  readonly #ejections = new WeakMap<TargetEndpoint, Ejection>();
  #sweptAtMs = 0;
  /** Ejections made, for the metrics. */
  total = 0;

  constructor(limits: Partial<OutlierLimits> = {}) {
    this.#limits = { ...defaultOutliers, ...limits };
  }

  /** An endpoint has failed. True when it was ejected for it. */
  failed(endpoint: TargetEndpoint, all: readonly TargetEndpoint[], nowMs: number): boolean {
    const { consecutiveFailures } = this.#limits;
    if (consecutiveFailures === 0 || endpoint.consecutiveFailures < consecutiveFailures) return false;
    return this.#eject(endpoint, all, nowMs);
  }

  /** Lets those back in whose time is over, and compares success rates when it is time. True when anything changed. */
  sweep(all: readonly TargetEndpoint[], nowMs: number): boolean {
    let isChanged = false;
    for (const endpoint of all) if (this.#isOver(endpoint, nowMs)) isChanged = true;
    if (nowMs - this.#sweptAtMs < this.#limits.sweepMs) return isChanged;
    this.#sweptAtMs = nowMs;
    for (const endpoint of this.#worst(all)) if (this.#eject(endpoint, all, nowMs)) isChanged = true;
    for (const endpoint of all) this.#forget(endpoint);
    return isChanged;
  }

  #isOver(endpoint: TargetEndpoint, nowMs: number): boolean {
    if (!endpoint.isEjected || nowMs < (this.#ejections.get(endpoint)?.untilMs ?? 0)) return false;
    endpoint.isEjected = false;
    endpoint.consecutiveFailures = 0;
    return true;
  }

  #eject(endpoint: TargetEndpoint, all: readonly TargetEndpoint[], nowMs: number): boolean {
    if (endpoint.isEjected || !this.#mayEject(endpoint, all)) return false;
    const { ejectMs, maxEjectMs } = this.#limits;
    const times = this.#ejections.get(endpoint)?.times ?? 0;
    const untilMs = nowMs + Math.min(maxEjectMs, ejectMs * 2 ** times);
    this.#ejections.set(endpoint, { untilMs, times: times + 1 });
    endpoint.isEjected = true;
    this.total++;
    return true;
  }

  #mayEject(endpoint: TargetEndpoint, all: readonly TargetEndpoint[]): boolean {
    const ejected = all.filter(({ isEjected }) => isEjected).length;
    const hasOther = all.some((other) => other !== endpoint && other.isUsable);
    return hasOther && (ejected === 0 || (ejected + 1) * 100 <= this.#limits.maxEjectedPercent * all.length);
  }

  #worst(all: readonly TargetEndpoint[]): TargetEndpoint[] {
    const { deviations, minEndpoints, minCalls } = this.#limits;
    const judged = all.filter(({ calls, isEjected }) => !isEjected && calls >= minCalls);
    if (judged.length < minEndpoints) return [];
    const rates = judged.map(successRate);
    const mean = average(rates);
    const deviation = Math.sqrt(average(rates.map((rate) => (rate - mean) ** 2)));
    return judged.filter((endpoint) => successRate(endpoint) < mean - deviations * deviation);
  }

  #forget(endpoint: TargetEndpoint): void {
    const ejection = this.#ejections.get(endpoint);
    if (ejection && !endpoint.isEjected && ejection.times > 0) ejection.times--;
    endpoint.calls = 0;
    endpoint.failures = 0;
  }
}

function successRate({ calls, failures }: TargetEndpoint): number {
  return (calls - failures) / calls;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
