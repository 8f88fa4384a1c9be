import type { Answer, Call } from './client.ts';
import type { Violation } from './check.ts';

const EXAMPLES = 20;

export interface RouteReport {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface FailedExample {
  readonly route: string;
  readonly path: string;
  /** HTTP status; 0 is a network error, then `failure` says which. */
  readonly status: number;
  readonly failure?: string;
  readonly error?: string;
  readonly banyan: Readonly<Record<string, string>>;
}

export interface StaleExample extends Violation {
  readonly route: string;
  readonly path: string;
  readonly userId: number;
  readonly banyan: Readonly<Record<string, string>>;
}

export interface TrafficReport {
  readonly requests: number;
  readonly reads: number;
  readonly writes: number;
  readonly failed: number;
  readonly failures: readonly FailedExample[];
  readonly staleReads: number;
  readonly stale: readonly StaleExample[];
  readonly acknowledgedWrites: number;
  readonly unknownWrites: number;
  readonly maxWriteMs: number;
  readonly routes: Readonly<Record<string, RouteReport>>;
  /** Answers by their `x-banyan-target` header. */
  readonly targets: Readonly<Record<string, number>>;
}

/** Counts of one run. Examples are bounded and hold paths, ids and this run's own tokens only. */
export class Stats {
  private readonly times = new Map<string, number[]>();
  private readonly targets: Record<string, number> = {};
  private readonly failures: FailedExample[] = [];
  private readonly stale: StaleExample[] = [];
  private requests = 0;
  private writes = 0;
  private failed = 0;
  private staleReads = 0;
  private maxWriteMs = 0;
  acknowledgedWrites = 0;
  unknownWrites = 0;

  answered(call: Call, answer: Answer): void {
    const route = routeOf(call);
    const times = this.times.get(route) ?? [];
    if (times.push(answer.ms) === 1) this.times.set(route, times);
    this.requests++;
    const target = answer.headers['x-banyan-target'];
    if (target) this.targets[target] = (this.targets[target] ?? 0) + 1;
  }

  /** A write that counts; a login does not, nothing waits for it. */
  wrote(answer: Answer): void {
    this.writes++;
    this.maxWriteMs = Math.max(this.maxWriteMs, answer.ms);
  }

  failure(call: Call, answer: Answer): void {
    this.failed++;
    if (this.failures.length >= EXAMPLES) return;
    const error = (answer.body as { error?: string } | undefined)?.error;
    this.failures.push({
      route: routeOf(call),
      path: call.path,
      status: answer.status,
      ...(answer.failure === undefined ? {} : { failure: answer.failure }),
      ...(error === undefined ? {} : { error }),
      banyan: banyanHeaders(answer),
    });
  }

  contradicted(call: Call, answer: Answer, userId: number, violations: readonly Violation[]): void {
    if (violations.length === 0) return;
    this.staleReads++;
    if (this.stale.length >= EXAMPLES) return;
    this.stale.push({
      ...violations[0]!,
      route: routeOf(call),
      path: call.path,
      userId,
      banyan: banyanHeaders(answer),
    });
  }

  report(): TrafficReport {
    return {
      requests: this.requests,
      reads: this.requests - this.writes,
      writes: this.writes,
      failed: this.failed,
      failures: [...this.failures],
      staleReads: this.staleReads,
      stale: [...this.stale],
      acknowledgedWrites: this.acknowledgedWrites,
      unknownWrites: this.unknownWrites,
      maxWriteMs: round(this.maxWriteMs),
      routes: Object.fromEntries(
        [...this.times.keys()].toSorted().map((route) => [route, describe(this.times.get(route) ?? [])]),
      ),
      targets: { ...this.targets },
    };
  }
}

function routeOf(call: Call): string {
  return `${call.method} ${call.route}`;
}

function describe(times: readonly number[]): RouteReport {
  const sorted = Float64Array.from(times).toSorted();
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function banyanHeaders(answer: Answer): Record<string, string> {
  return Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name.startsWith('x-banyan-')));
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
